"""Sessions: found by what a browser shows, listed and closed by whose they are."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from digest.model.sessions import Session, SessionKind
from digest.store.account_tables import sessions
from digest.store.known import known


def add_session(connection: Connection, digest: str, session: Session) -> None:
    """Let a browser in whose token has this digest; the session's id is not looked at."""
    row = {
        "digest": digest,
        "kind": session.kind.value,
        _owner_column(session.kind).name: session.owner,
        "program": session.program,
        "created_at": session.created_at,
        "used_on": session.used_on,
        "expires_at": session.expires_at,
    }
    connection.execute(insert(sessions), row)


def session_by_digest(connection: Connection, digest: str, now: datetime) -> Session | None:
    """Return the session of a token's digest, None if there is none or it has expired."""
    statement = select(sessions).where(sessions.c.digest == digest, sessions.c.expires_at > now)
    row = connection.execute(statement).first()
    return _session(row) if row else None


def note_use(connection: Connection, session_id: int, day: date, expires_at: datetime) -> None:
    """Write down on which day a session was used last, and until when it is good now."""
    connection.execute(
        update(sessions)
        .where(sessions.c.id == session_id)
        .values(used_on=day, expires_at=expires_at)
    )


def sessions_of(
    connection: Connection, kind: SessionKind, owner: int, now: datetime
) -> list[Session]:
    """Return the sessions of one kind that an owner has, newest first."""
    statement = (
        select(sessions)
        .where(
            _owner_column(kind) == owner, sessions.c.kind == kind.value, sessions.c.expires_at > now
        )
        .order_by(sessions.c.id.desc())
    )
    found = (_session(row) for row in connection.execute(statement))
    return [session for session in found if session]


def close_session(connection: Connection, session_id: int, kind: SessionKind, owner: int) -> bool:
    """End one session of an owner; tell whether there was one."""
    mine = (sessions.c.id == session_id) & (_owner_column(kind) == owner)
    statement = delete(sessions).where(mine, sessions.c.kind == kind.value)
    return bool(connection.execute(statement).rowcount)


def close_other_sessions(
    connection: Connection, kind: SessionKind, owner: int, kept: int | None
) -> None:
    """End every session of one kind that an owner has but the one that is `kept`, if any."""
    mine = (_owner_column(kind) == owner) & (sessions.c.kind == kind.value)
    others = mine if kept is None else mine & (sessions.c.id != kept)
    connection.execute(delete(sessions).where(others))


def forget_expired(connection: Connection, now: datetime) -> None:
    """Delete the sessions that let nobody in any more."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))


def _owner_column(kind: SessionKind) -> Any:  # noqa: ANN401  a column
    return sessions.c.operator_id if kind.is_operators else sessions.c.subscriber_id


def _session(row: Row[Any]) -> Session | None:
    kind = known(SessionKind, row.kind)
    if kind is None:
        return None  # whom it lets in, and to what, a newer release knows
    return Session(
        id=row.id,
        kind=kind,
        owner=row.operator_id if kind.is_operators else row.subscriber_id,
        program=row.program,
        created_at=row.created_at,
        used_on=row.used_on,
        expires_at=row.expires_at,
    )
