"""Who may sign in at /admin: added on the command line, let in by password and code."""

import logging
import re
from dataclasses import dataclass, replace

from digest.clock import Clock
from digest.credentials import (
    NOBODYS,
    Vault,
    check_password,
    hash_password,
    is_password,
    new_secret,
    step_of,
)
from digest.errors import CredentialError
from digest.model.operators import Operator
from digest.model.sessions import Session, SessionKind
from digest.pipeline.limits import CODES_OF_OPERATOR, Asked, Limits
from digest.pipeline.sessions import Sessions
from digest.store import audit, operators
from digest.store.engine import Database
from digest.store.sessions import close_other_sessions, close_session

logger = logging.getLogger(__name__)

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}", re.ASCII)
COMMAND_LINE = "command line"
# Used up by nobody: what is written down of a password that does not fit takes as long.
_NO_CODES = replace(CODES_OF_OPERATOR, name="codes of nobody", most=1e9)


@dataclass(frozen=True, slots=True)
class Operators:
    """Who runs the site, with what is needed to let them in."""

    database: Database
    vault: Vault
    limits: Limits
    clock: Clock

    def add(self, name: str, password: str) -> bytes:
        """Add an operator; return the secret that makes their codes. It is told once.

        Raises CredentialError for a name that is taken or cannot be, and for a short password.
        """
        name = normal_name(name)
        check_password(password)
        kept, secret = hash_password(password), new_secret()
        sealed = self.vault.seal(secret, name)
        now = self.clock()
        with self.database.writing() as connection:
            if not operators.add_operator(connection, name, kept, sealed, now):
                raise CredentialError(f"{name} is there: `digest operators reset {name}`")
            audit.note(connection, COMMAND_LINE, "add operator", name, now)
        return secret

    def reset(self, name: str, password: str) -> bytes:
        """Give an operator a new password and secret, and show them out; return the secret.

        Raises CredentialError for a name that nobody has, and for a short password.
        """
        name = normal_name(name)
        check_password(password)
        kept, secret = hash_password(password), new_secret()
        with self.database.writing() as connection:
            if not operators.change_operator(connection, name, kept, self.vault.seal(secret, name)):
                raise _unknown(name)
            audit.note(connection, COMMAND_LINE, "reset operator", name, self.clock())
        return secret

    def remove(self, name: str) -> None:
        """Let an operator in no more, from this moment on. Raises CredentialError if there is none."""
        name = normal_name(name)
        with self.database.writing() as connection:
            if not operators.remove_operator(connection, name):
                raise _unknown(name)
            audit.note(connection, COMMAND_LINE, "remove operator", name, self.clock())

    def give_key(self, name: str, program: str = "") -> str:
        """Return a key by which a program of an operator's uses the API. It is told once.

        It is good until a year after its last use, until it is taken back, or until the operator is
        reset or removed. Raises CredentialError for a name that nobody has.
        """
        name = normal_name(name)
        with self.database.writing() as connection:
            known = operators.operator_by_name(connection, name)
            if known is None:
                raise _unknown(name)
            sessions = Sessions(self.database, self.clock)
            key = sessions.open_within(connection, SessionKind.KEY, known.id, program)
            audit.note(connection, COMMAND_LINE, "give key", name, self.clock())
        return key

    def take_keys(self, name: str) -> None:
        """Take back all keys of an operator's programs. Raises CredentialError if there is none."""
        name = normal_name(name)
        with self.database.writing() as connection:
            known = operators.operator_by_name(connection, name)
            if known is None:
                raise _unknown(name)
            close_other_sessions(connection, SessionKind.KEY, known.id, None)
            audit.note(connection, COMMAND_LINE, "take back keys", name, self.clock())

    def keys_of(self, known: Operator) -> list[Session]:
        """Return the keys of an operator's programs, newest first, without what they show."""
        return Sessions(self.database, self.clock).of(SessionKind.KEY, known.id)

    def by_key(self, key: str) -> tuple[Session, str] | None:
        """Return the session of a key and whose it is, None if it is no good, or no longer."""
        session = Sessions(self.database, self.clock).find(key, SessionKind.KEY)
        if session is None:
            return None
        with self.database.reading() as connection:
            known = operators.operator_by_id(connection, session.owner)
        return (session, known.name) if known else None

    def all(self) -> list[Operator]:
        """Return everybody who may sign in, by name."""
        with self.database.reading() as connection:
            return operators.all_operators(connection)

    def sign_in(self, name: str, password: str, code: str, program: str) -> str | None:
        """Return what an operator shows from now on, None unless name, password and code fit.

        A code is good once, and few are tried with a password that fits. Whatever is wrong, the
        same work is done and the same is said. Raises TooManyError while too many try at once.
        """
        known = self._known(name.strip().lower())
        is_right = is_password(password, known.password if known else NOBODYS)
        step = self._step(known, code)
        counted = (
            Asked(CODES_OF_OPERATOR, known.name) if known and is_right else Asked(_NO_CODES, "")
        )
        is_too_often = self.limits.take(counted) is not None
        if known is None or not is_right or step is None or is_too_often:
            _warn(known if is_right else None)
            return None
        with self.database.writing() as connection:
            if not operators.use_step(connection, known, step):
                logger.warning("a code was shown twice at /admin")
                return None
            now = self.clock()
            sessions = Sessions(self.database, self.clock)
            kind = SessionKind.OPERATOR
            token = sessions.open_within(connection, kind, known.id, program)
            audit.note(connection, known.name, "sign in", "", now)
        return token

    def sign_out(self, session: Session, name: str) -> None:
        """End a session of an operator; idempotent."""
        with self.database.writing() as connection:
            if close_session(connection, session.id, session.kind, session.owner):
                audit.note(connection, name, "sign out", "", self.clock())

    def _known(self, name: str) -> Operator | None:
        if not _NAME.fullmatch(name):  # a database may refuse to look for it
            return None
        with self.database.reading() as connection:
            return operators.operator_by_name(connection, name)

    def _step(self, known: Operator | None, code: str) -> int | None:
        if known is None:
            return step_of(bytes(20), code, self.clock())
        try:
            secret = self.vault.unseal(known.sealed, known.name)
        except CredentialError as error:
            logger.warning("%s", error)
            return None
        return step_of(secret, code, self.clock())


def normal_name(name: str) -> str:
    """Return an operator's name as it is kept. Raises CredentialError for what cannot be one."""
    plain = name.strip().lower()
    if not _NAME.fullmatch(plain):
        raise CredentialError(
            f"{name!r} cannot be a name: use letters a to z, digits, dots and dashes, up to 80"
        )
    return plain


def _warn(known: Operator | None) -> None:
    if known is None:
        logger.warning("a sign-in at /admin failed")
    else:
        says = (
            "the password of %s was shown at /admin with a wrong code, or too often: was it they?"
        )
        logger.warning(says, known.name)


def _unknown(name: str) -> CredentialError:
    return CredentialError(f"no operator is called {name}: see `digest operators list`")
