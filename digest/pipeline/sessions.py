"""Let a browser or a program in, know it again, and show it out."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from digest.clock import Clock
from digest.errors import NotSignedInError
from digest.model.sessions import Session, SessionKind
from digest.store import sessions, subscribers
from digest.store.engine import Connection, Database
from digest.text import clean_line, clip

# From the last day on which it was used.
LASTS = {
    SessionKind.READER: timedelta(days=30),
    SessionKind.API: timedelta(days=365),
    SessionKind.OPERATOR: timedelta(hours=12),
    SessionKind.KEY: timedelta(days=365),
}
_MAX_PROGRAM = 80
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Sessions:
    """Who is signed in; what is kept lets nobody in (a hash of what the browser shows)."""

    database: Database
    clock: Clock

    def open(self, kind: SessionKind, owner: int, program: str) -> str:
        """Let somebody in; return what they show from now on. It is told once and kept nowhere."""
        with self.database.writing() as connection:
            return self.open_within(connection, kind, owner, program)

    def open_within(
        self, connection: Connection, kind: SessionKind, owner: int, program: str
    ) -> str:
        """Let somebody in as part of a transaction, so that what lets them in is used up with it.

        Raises NotSignedInError for a reader who was erased a moment ago.
        """
        if not kind.is_operators and not subscribers.subscriber_by_id(
            connection, owner, for_update=True
        ):
            raise NotSignedInError
        token = secrets.token_urlsafe(_BYTES)
        now = self.clock()
        sessions.forget_expired(connection, now)
        named = clip(clean_line(program), _MAX_PROGRAM)
        new = Session(0, kind, owner, named, now, now.date(), now + LASTS[kind])
        sessions.add_session(connection, _digest(token), new)
        return token

    def find(self, token: str, kind: SessionKind) -> Session | None:
        """Return the session somebody shows the token of, None if it is none, or of another kind.

        The first use on a day moves the end on, but not of an operator's browser: they sign in every
        day.
        """
        now = self.clock()
        with self.database.reading() as connection:
            found = sessions.session_by_digest(connection, _digest(token), now)
        if found is None or found.kind is not kind:
            return None
        if found.used_on != now.date():
            is_moved = kind is not SessionKind.OPERATOR
            until = now + LASTS[kind] if is_moved else found.expires_at
            with self.database.writing() as connection:
                sessions.note_use(connection, found.id, now.date(), until)
        return found

    def of(self, kind: SessionKind, owner: int) -> list[Session]:
        """Return an owner's sessions of a kind, newest first."""
        with self.database.reading() as connection:
            return sessions.sessions_of(connection, kind, owner, self.clock())

    def close(self, session_id: int, kind: SessionKind, owner: int) -> None:
        """End one session of an owner; idempotent."""
        with self.database.writing() as connection:
            sessions.close_session(connection, session_id, kind, owner)

    def close_others(self, kind: SessionKind, owner: int, kept: int | None) -> None:
        """End all sessions of a kind that an owner has but the one that is `kept`; idempotent."""
        with self.database.writing() as connection:
            sessions.close_other_sessions(connection, kind, owner, kept)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
