"""What a server's answer, or its silence, means at each stage of handing over a mail.

| stage              | 4yz                          | 5yz                      | the line breaks |
|--------------------|------------------------------|--------------------------|-----------------|
| connect (.. AUTH)  | unreachable                  | unreachable              | unreachable     |
| MAIL               | deferred; 4.7.x unreachable  | failed; AUTH unreachable | unreachable     |
| RCPT               | deferred                     | failed; 552 deferred     | deferred        |
| DATA               | deferred; 4.7.x unreachable  | failed                   | deferred        |
| body               |                              |                          | deferred        |
| end of data        | deferred                     | failed                   | **uncertain**   |

421 is unreachable everywhere: the server says that it is going away. A line that breaks after the
recipient was named may have broken because of this mail, so that costs the mail an attempt; a mail
that breaks every line must not hold up the others for ever.
"""

import re
from enum import StrEnum

from digest.model.deliveries import Outcome, Verdict
from digest.text import clean_line, clip

MAX_TEXT = 300
# The first digit of a code, as far as it matters.
YES, GO_ON, NOT_NOW, NO = 2, 3, 4, 5
GOING_AWAY = 421
_TOO_MUCH = 552  # at RCPT: "too many recipients", RFC 5321, 4.5.3.1.10
_THROTTLED = 454
_WANTS_A_LOGIN = frozenset({530, 534, 535, 538})
_ENHANCED = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?!\S)")


class Stage(StrEnum):
    """How far handing over a mail has come; up to BODY it is certainly not accepted."""

    CONNECT = "connect"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "body"
    END = "end of data"


def verdict_of_reply(stage: Stage, code: int, words: str) -> Verdict:
    """Return what a whole, well-formed reply means; the code is 2yz (at END) or 4yz or 5yz."""
    text = clean_line(words)
    enhanced = enhanced_code(code, text)
    said = clip(f"{code} {text}" if stage is Stage.END else f"{stage}: {code} {text}", MAX_TEXT)
    return Verdict(_outcome(stage, code, enhanced or ""), said, code, enhanced)


def verdict_of_break(stage: Stage, problem: str) -> Verdict:
    """Return what it means that the line broke, fell silent or said what nobody understands."""
    if stage is Stage.END:
        outcome = Outcome.UNCERTAIN
    elif stage in {Stage.CONNECT, Stage.MAIL}:
        outcome = Outcome.UNREACHABLE
    else:
        outcome = Outcome.DEFERRED
    return Verdict(outcome, clip(clean_line(f"{stage}: {problem}"), MAX_TEXT))


def enhanced_code(code: int, text: str) -> str | None:
    """Return the enhanced status code (RFC 2034) that begins a reply's text, if it fits the code."""
    found = _ENHANCED.match(text)
    return found[0] if found and found[1] == str(code)[0] else None


def _outcome(stage: Stage, code: int, enhanced: str) -> Outcome:
    if code == GOING_AWAY or stage is Stage.CONNECT:
        return Outcome.UNREACHABLE
    if stage is Stage.END and code // 100 == YES:
        return Outcome.ACCEPTED
    is_throttled = code == _THROTTLED or enhanced.startswith("4.7.")
    if is_throttled and stage in {Stage.MAIL, Stage.DATA}:
        return Outcome.UNREACHABLE
    if stage is Stage.MAIL and code in _WANTS_A_LOGIN:
        return Outcome.UNREACHABLE
    is_for_now = code // 100 == NOT_NOW or (stage is Stage.RCPT and code == _TOO_MUCH)
    return Outcome.DEFERRED if is_for_now else Outcome.FAILED
