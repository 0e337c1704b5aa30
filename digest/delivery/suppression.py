"""When an address is not written to any more: pure decisions on what servers said of it.

| what was said                               | points |
|---------------------------------------------|--------|
| no such mailbox or domain (5.1.1, 5.1.2 ..) | 2      |
| mailbox full (5.2.2, 552)                   | 0.5    |
| given up after 4yz                          | 0.5    |
| about our mail or us (5.7.x, 554, 5.3.4 ..) | 0      |
| any other 5yz                               | 1      |
| a mail was accepted                         | -0.1   |

With 2 points it is suppressed. A complaint does it at once. Refusals by a server we talk to and
reports that come back later count the same.
"""

from dataclasses import dataclass
from enum import StrEnum

from digest.model.deliveries import BounceKind, DeliveryState, Outcome, Stage, Verdict

HARD_POINTS = 2.0
OTHER_POINTS = 1.0
SOFT_POINTS = 0.5
SUPPRESS_AT = 2.0

_HARD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_FULL = frozenset({"5.2.2"})
_EXPIRED = "5.4.7"  # some say it as 5yz though what came before was 4yz
_FULL_CODE = 552
# Our address (5.1.7, 5.1.8), the mail's size (5.2.3, 5.3.4); 5.6.x is its form, 5.7.x policy.
_NOT_THE_READER = frozenset({"5.1.7", "5.1.8", "5.2.3", "5.3.4"})
_NOT_THE_READERS_CLASSES = ("5.6.", "5.7.", "4.7.")
# "Transaction failed", which without a reason is what a spam filter says.
_POLICY_CODE = 554
# Tenths do not add up exactly in binary.
_ROUNDING = 1e-6


class Reason(StrEnum):
    """Why an address is suppressed, as it stands in the database."""

    BOUNCES = "bounces"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Failure:
    """What a server said for good about one mail to one address: its codes, where it gave any."""

    enhanced: str | None = None
    code: int | None = None


def points(failure: Failure) -> float:
    """Return what a final failure counts against the address; 0 if it is not about the reader."""
    enhanced = failure.enhanced or ""
    said_more = enhanced and not enhanced.endswith(".0.0")
    if enhanced in _NOT_THE_READER or enhanced.startswith(_NOT_THE_READERS_CLASSES):
        return 0
    if not said_more and failure.code == _POLICY_CODE:
        return 0
    if enhanced in _HARD:
        return HARD_POINTS
    is_full = enhanced in _FULL or (not said_more and failure.code == _FULL_CODE)
    was_for_now = (
        enhanced.startswith("4.")
        or enhanced == _EXPIRED
        or (not enhanced and (failure.code or 0) // 100 == 4)  # noqa: PLR2004  a 4yz reply
    )
    return SOFT_POINTS if is_full or was_for_now else OTHER_POINTS


def kind_of(failure: Failure) -> BounceKind:
    """Return whether a failure is hard, for which one is enough, or soft."""
    return BounceKind.HARD if points(failure) >= SUPPRESS_AT else BounceKind.SOFT


def score_of(verdict: Verdict, state: DeliveryState) -> float:
    """Return what the verdict that brought a delivery into `state` counts against its address.

    Only a delivery that ended without being accepted counts, and only for what was said after the
    recipient was named. What is refused at the end of the data is refused for what is in it, unless
    the code says that it is the mailbox.
    """
    if state not in {DeliveryState.FAILED, DeliveryState.EXPIRED}:
        return 0
    if verdict.outcome not in {Outcome.FAILED, Outcome.DEFERRED} or verdict.code is None:
        return 0
    counted = points(Failure(verdict.enhanced, verdict.code))
    if verdict.stage in {Stage.RCPT, None}:
        return counted
    is_about_mailbox = (verdict.enhanced or "") in _HARD | _FULL
    return counted if verdict.stage is Stage.END and is_about_mailbox else 0


def is_enough(score: float) -> bool:
    """Tell whether an address with this score is not to be written to any more."""
    return score >= SUPPRESS_AT - _ROUNDING
