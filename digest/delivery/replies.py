"""What a server's answer, or its silence, means at each stage of handing over a mail.

| stage              | 4yz                          | 5yz                           | the line breaks |
|--------------------|------------------------------|-------------------------------|-----------------|
| connect (.. AUTH)  | unreachable                  | unreachable                   | unreachable     |
| MAIL               | deferred; 4.7.x throttled    | unreachable; the mail: failed | unreachable     |
| RCPT               | deferred                     | failed; 552 deferred          | deferred        |
| DATA               | deferred; 4.7.x throttled    | failed                        | deferred        |
| body               | deferred                     | failed                        | deferred        |
| end of data        | deferred; 4.7.x throttled    | failed                        | **uncertain**   |

421 after the connecting is throttled everywhere: the server has had enough for now. 454 counts as
4.7.x. At RCPT, 4.7.x is what greylisting answers, and so is 4.7.1 at the end of the data: both are
about this mail. A 5yz to MAIL is about us - our address, our network, no login - and so no mail's
fault, unless it is about the mail's size or form. A line that breaks after the recipient was named
may have broken because of this mail, so that costs the mail an attempt; a mail that breaks every
line must not hold up the others for ever.
"""

import re

from digest.model.deliveries import Outcome, Stage, Verdict
from digest.text import clean_line, clip

MAX_TEXT = 300
# The first digit of a code, as far as it matters.
YES, GO_ON, NOT_NOW, NO = 2, 3, 4, 5
GOING_AWAY = 421
_TOO_MUCH = 552  # at RCPT "too many recipients", RFC 5321, 4.5.3.1.10; at MAIL too large
_THROTTLED = 454
_GREYLISTED = "4.7.1"
_WANTS_A_LOGIN = frozenset({530, 538})
_ENHANCED = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?!\S)")


def verdict_of_reply(stage: Stage, code: int, words: str) -> Verdict:
    """Return what a whole, well-formed reply means; the code is 2yz (at END) or 4yz or 5yz."""
    text = _one_line(words)
    enhanced = enhanced_code(code, text)
    said = clip(f"{code} {text}" if stage is Stage.END else f"{stage}: {code} {text}", MAX_TEXT)
    return Verdict(_outcome(stage, code, enhanced or ""), said, code, enhanced, stage)


def verdict_of_break(stage: Stage, problem: str) -> Verdict:
    """Return what it means that the line broke, fell silent or said what nobody understands."""
    if stage is Stage.END:
        outcome = Outcome.UNCERTAIN
    elif stage in {Stage.CONNECT, Stage.MAIL}:
        outcome = Outcome.UNREACHABLE
    else:
        outcome = Outcome.DEFERRED
    return Verdict(outcome, clip(_one_line(f"{stage}: {problem}"), MAX_TEXT), stage=stage)


def enhanced_code(code: int, text: str) -> str | None:
    """Return the enhanced status code (RFC 2034) that begins a reply's text, if it fits the code."""
    found = _ENHANCED.match(text)
    return found[0] if found and found[1] == str(code)[0] else None


def _outcome(stage: Stage, code: int, enhanced: str) -> Outcome:
    if stage is Stage.CONNECT:
        return Outcome.UNREACHABLE
    if code == GOING_AWAY:
        return Outcome.THROTTLED
    if code // 100 == YES:
        return Outcome.ACCEPTED
    if code // 100 == NOT_NOW:
        return Outcome.THROTTLED if _is_throttled(stage, code, enhanced) else Outcome.DEFERRED
    return _outcome_of_no(stage, code, enhanced)


def _outcome_of_no(stage: Stage, code: int, enhanced: str) -> Outcome:
    if stage is Stage.RCPT and code == _TOO_MUCH:
        return Outcome.DEFERRED
    is_about_us = stage is Stage.MAIL and not _is_about_the_mail(code, enhanced)
    if is_about_us or code in _WANTS_A_LOGIN:
        return Outcome.UNREACHABLE
    return Outcome.FAILED


def _is_throttled(stage: Stage, code: int, enhanced: str) -> bool:
    if stage not in {Stage.MAIL, Stage.DATA, Stage.END}:
        return False
    if stage is Stage.END and enhanced == _GREYLISTED:
        return False
    return code == _THROTTLED or enhanced.startswith("4.7.")


def _is_about_the_mail(code: int, enhanced: str) -> bool:
    # 5.3.4 and 5.2.3: too large; 5.6.x: its form, such as 8-bit or international.
    return code == _TOO_MUCH or enhanced in {"5.3.4", "5.2.3"} or enhanced.startswith("5.6.")


def _one_line(words: str) -> str:
    # Nearly every answer is plain, and every mail has one.
    if words.isascii() and words.isprintable():
        return " ".join(words.split())
    return clean_line(words)
