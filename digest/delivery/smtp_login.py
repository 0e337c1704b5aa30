"""Saying who we are: AUTH PLAIN, LOGIN and XOAUTH2."""

import base64
from collections.abc import Collection

from digest.delivery.replies import GO_ON, YES
from digest.delivery.reply_reader import Reply
from digest.delivery.smtp_line import Line
from digest.delivery.smtp_settings import Auth


class LoginError(Exception):
    """There is no way to log in that we and the server both know."""


class RefusedError(Exception):
    """The server said no to what is needed before the first mail."""

    def __init__(self, what: str, reply: Reply) -> None:
        super().__init__(f"{what} refused: {reply.code} {reply.words}")
        self.reply = reply


def chosen(offered: Collection[str], wanted: Auth | None) -> Auth:
    """Return the mechanism to use, or raise LoginError."""
    for mechanism in [wanted] if wanted else list(Auth):
        if mechanism.upper() in offered:
            return mechanism
    known = wanted or "plain, login, xoauth2"
    raise LoginError(f"no login of ours ({known}) is offered, but: {' '.join(offered) or 'none'}")


async def log_in(
    line: Line, mechanism: Auth, username: str, password: str, patience: float
) -> None:
    """Log in, or raise RefusedError with the reply (without what we said) or BrokenLineError."""
    reply = await line.ask(
        f"AUTH {first_words(mechanism, username, password)}\r\n".encode(), patience
    )
    for answer in later_words(mechanism, username, password):
        if reply.kind != GO_ON:
            break
        reply = await line.ask(f"{answer}\r\n".encode(), patience)
    if reply.kind != YES:
        raise RefusedError("the login was", reply)


def first_words(mechanism: Auth, username: str, password: str) -> str:
    """Return what follows AUTH."""
    match mechanism:
        case Auth.PLAIN:
            words = f"\0{username}\0{password}"
        case Auth.XOAUTH2:
            words = f"user={username}\1auth=Bearer {password}\1\1"
        case _:
            return "LOGIN"
    return f"{mechanism.upper()} {_base64(words)}"


def later_words(mechanism: Auth, username: str, password: str) -> list[str]:
    """Return what answers the server's challenges, in turn; what those say does not matter."""
    if mechanism is Auth.LOGIN:
        return [_base64(username), _base64(password)]
    # XOAUTH2 tells in a challenge what is wrong with a token, and refuses after an empty answer.
    return [""] if mechanism is Auth.XOAUTH2 else []


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
