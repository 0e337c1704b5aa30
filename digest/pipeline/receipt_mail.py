"""What a receipt says of a mail: when it was ready, what servers answered, and how it ended."""

from collections.abc import Sequence

from digest.delivery.address import address_key
from digest.model.deliveries import Attempt, BounceKind, Delivery, DeliveryState, Outcome
from digest.model.receipts import DayFacts, Returned, Silence
from digest.pipeline.receipt_times import Times, quoted

# A mail may be tried for a day: how it began and how it ended is what matters.
_FIRST, _LAST = 4, 3
_GREYLISTING = frozenset({450, 451})
_COMES_AGAIN = (
    "Its papers are not lost: they come with your next digest, if they are still among the best."
)

_ANSWERS = {
    Outcome.ACCEPTED: "the mail server took it; its answer came late",
    Outcome.DEFERRED: "the mail server asked for it again later",
    Outcome.FAILED: "the mail server refused it",
    Outcome.THROTTLED: "the mail server took no more mail from this site for a while",
    Outcome.UNREACHABLE: "the way to the mail server was closed, which had nothing to do with you",
    Outcome.WITHDRAWN: "it was taken back before it was handed over",
    Outcome.UNCERTAIN: "it was handed over, but the answer got lost: it may have arrived",
}


def told_mail(facts: DayFacts, mail: Delivery, times: Times) -> tuple[str, ...]:
    """Return the story of a mail, from when it was ready to what came back."""
    is_elsewhere = address_key(mail.address) != address_key(facts.reader.address)
    return (
        f"The mail was ready {times.at(mail.planned_at)}.",
        *(["It was for the address that you had before."] if is_elsewhere else []),
        *_told_attempts(facts.attempts, times),
        *_told_state(facts, mail, times),
        *(_told_return(each, times) for each in facts.returned),
    )


def told_silence(silence: Silence, times: Times) -> str:
    """Return why an address is not written to."""
    since = f"Nothing is sent to your address since {_since(silence, times)}"
    if silence.is_complaint:
        return f"{since}: your provider told us that a mail of ours had been marked as unwanted."
    return f"{since}: mails to it came back, or were refused."


def _since(silence: Silence, times: Times) -> str:
    return times.at(silence.since).removeprefix("on ")


def _told_attempts(attempts: Sequence[Attempt], times: Times) -> list[str]:
    told = [_told_attempt(each, times) for each in attempts]
    between = len(told) - _FIRST - _LAST
    if between <= 1:
        return told
    return [*told[:_FIRST], f"{between} more tries went likewise.", *told[-_LAST:]]


def _told_attempt(attempt: Attempt, times: Times) -> str:
    moment = times.at(attempt.ended_at)
    answer = _ANSWERS[attempt.outcome]
    if attempt.outcome is Outcome.DEFERRED and attempt.code in _GREYLISTING:
        answer += ", as many do with a sender they do not know well"
    sentence = f"{moment[0].upper()}{moment[1:]} {answer}"
    # Only a server's reply has a code; without one the words are our own, for operators.
    if attempt.code is not None and attempt.text:
        return f"{sentence}: {quoted(attempt.text)}."
    return f"{sentence}."


def _told_state(facts: DayFacts, mail: Delivery, times: Times) -> list[str]:  # noqa: PLR0911  one for each state
    ended = f" {times.at(mail.settled_at)}" if mail.settled_at else ""
    match mail.state:
        case DeliveryState.PLANNED:
            return ["It waits until whoever runs this site has let it go."]
        case DeliveryState.READY:
            return [_told_wait(facts, mail, times)]
        case DeliveryState.LEASED | DeliveryState.INFLIGHT:
            return ["It is being sent at this moment."]
        case DeliveryState.ACCEPTED:
            twice = ["It may have come twice: an answer to an earlier try got lost."]
            return [
                f"The mail server accepted it{ended}.",
                *(twice if mail.is_maybe_duplicate else []),
            ]
        case DeliveryState.FAILED:
            return [f"It was given up{ended}, since that answer is final.", _COMES_AGAIN]
        case DeliveryState.SUPPRESSED:
            return [_why_not_sent(facts, mail, times), _COMES_AGAIN]
        case DeliveryState.EXPIRED:
            return [f"It could not be handed over in time, and was given up{ended}.", _COMES_AGAIN]
        case DeliveryState.UNCERTAIN:
            return [
                "Nobody knows whether it arrived: the last answer of the mail server got lost.",
                "It is not sent again by itself, so that it does not come twice.",
            ]
        case DeliveryState.HELD:
            return ["It is held back by whoever runs this site, who can let it go."]


def _told_wait(facts: DayFacts, mail: Delivery, times: Times) -> str:
    if mail.deadline_at <= facts.now:
        return "Its time is over, so it is not sent any more."
    if mail.next_at <= facts.now:
        return "It is waiting for its turn."
    until = times.at(mail.deadline_at)
    return f"It is tried again {times.at(mail.next_at)}, and given up {until} at the latest."


def _why_not_sent(facts: DayFacts, mail: Delivery, times: Times) -> str:
    """Return what kept a mail back when its turn came, as far as that is still on record."""
    turn = mail.settled_at or facts.now
    if facts.silence is not None and facts.silence.since <= turn:
        return f"It was not sent. {told_silence(facts.silence, times)}"
    if any(mail.planned_at <= each <= turn for each in facts.farewells):
        return "It was not sent, since you had unsubscribed."
    # A mail that was ready before a pause was over does not go, not even after it.
    began_at, ended_at = facts.reader.paused_at, facts.reader.resumed_at
    if began_at is not None and began_at <= turn and (ended_at is None or turn < ended_at):
        until = facts.reader.paused_until
        if until is None or mail.planned_at < until:
            return "It was not sent, since you had paused your digests."
    return (
        "It was not sent: when its turn came you had paused, or were not subscribed, or your address"
        " took no mail."
    )


def _told_return(returned: Returned, times: Times) -> str:
    moment = times.at(returned.received_at)
    what = {
        BounceKind.HARD: "it came back: it could not be put into your mailbox",
        BounceKind.SOFT: "it came back: it could not be put into your mailbox at that time",
        BounceKind.COMPLAINT: "your provider told us that it had been marked as unwanted",
    }[returned.kind]
    said = f": {quoted(returned.text)}" if returned.text else ""
    return f"{moment[0].upper()}{moment[1:]} {what}{said}."
