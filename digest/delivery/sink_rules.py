"""What the sink is told to do, and what it keeps: plain data."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r\n[ \t]+)?(\S+)", re.IGNORECASE | re.MULTILINE)


class Step(StrEnum):
    """Where a rule can step in; commands not listed here are answered and have no rules."""

    BANNER = "BANNER"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "BODY"
    END = "END"
    RSET = "RSET"
    QUIT = "QUIT"


@dataclass(frozen=True, slots=True)
class Rule:
    r"""A fault to play at a step: a reply other than the usual one, or none, or late, or a drop.

    A `reply` in str is one or more lines ("250-a\r\n250 b") and gets its CRLF; in bytes it is sent
    as it is; None means the usual reply. `drops` closes the connection after it (with an empty
    bytes reply: without one), `resets` does it with an RST. At END the mail is kept if the reply is
    a 2yz, or as `accepts` says. At BODY the step is the first piece of the mail: the reply comes in
    its midst, and `rate` is how many bytes a second are read of it. `pace` is seconds between two
    bytes of the reply. A rule with `recipient` (a regular expression, searched for) applies from
    RCPT on; `times` counts down; `in_tls` restricts it to connections that are, or are not,
    encrypted.

    `hook` is called, in the sink's thread, when the step is reached: a mail at END is kept by then
    and its reply not sent. `then` is called after the reply has been sent.
    """

    step: Step
    reply: str | bytes | None = None
    recipient: str = ""
    times: int | None = None
    drops: bool = False
    accepts: bool | None = None
    delay: float = 0
    resets: bool = False
    pace: float = 0
    rate: float = 0
    in_tls: bool | None = None
    hook: Callable[[], object] | None = None
    then: Callable[[], object] | None = None

    def fits(self, step: Step, recipients: list[str], *, in_tls: bool) -> bool:
        """Tell whether the rule steps in here."""
        return (
            self.step is step
            and self.in_tls in {None, in_tls}
            and (not self.recipient or any(re.search(self.recipient, to) for to in recipients))
        )


class Rules:
    """Rules that are tried in order, and wear off."""

    def __init__(self) -> None:
        self._left: list[tuple[Rule, list[int | None]]] = []

    def replace(self, *rules: Rule) -> None:
        """Play these from now on."""
        self._left = [(rule, [rule.times]) for rule in rules]

    def rule_for(self, step: Step, recipients: list[str], *, in_tls: bool) -> Rule | None:
        """Return the rule that steps in here, and count it as used."""
        for rule, left in self._left:
            if left[0] != 0 and rule.fits(step, recipients, in_tls=in_tls):
                left[0] = None if left[0] is None else left[0] - 1
                return rule
        return None


@dataclass(frozen=True, slots=True)
class Received:
    """One accepted mail for one recipient, as it was before dot-stuffing.

    `connection` is the number of the connection it came over, from 1.
    """

    sender: str
    recipient: str
    message: bytes
    connection: int = field(default=0, compare=False)

    @property
    def sha256(self) -> str:
        """Return the hash of its bytes, in hex."""
        return hashlib.sha256(self.message).hexdigest()

    @property
    def message_id(self) -> str:
        """Return its Message-ID, empty if it has none."""
        found = _MESSAGE_ID.search(self.message.partition(b"\r\n\r\n")[0] + b"\r\n")
        return found[1].decode("ascii", "replace") if found else ""


def wire(reply: str | bytes) -> bytes:
    """Return a rule's reply as it goes over the wire."""
    return reply if isinstance(reply, bytes) else reply.encode() + b"\r\n"
