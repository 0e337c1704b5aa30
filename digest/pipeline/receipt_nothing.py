"""Why a reader's day has no digest, as far as the ledger and their present wishes tell."""

from datetime import datetime, timedelta

from digest.model.quiet import ENOUGH, LONGEST
from digest.model.receipts import DayFacts
from digest.model.subscribers import QuietDays, SubscriberState
from digest.pipeline.pausing import was_paused
from digest.pipeline.receipt_mail import told_silence
from digest.pipeline.receipt_times import Times, rhythm, slot_on
from digest.rendering.environment import day as day_in_words

# A round of all readers takes a while.
_SOON = timedelta(hours=2)

Told = tuple[str, str]


def why_nothing(facts: DayFacts, times: Times) -> Told:
    """Return why a day has no digest: in a line, and what there is to say of it."""
    if found := _before_it_began(facts, times):
        return found
    if facts.is_forgotten:
        kept = "Digests, and what became of their mails, are kept for a while and then forgotten."
        return "Nothing is on record of this day any more.", kept
    return _withheld(facts, times) or _by_the_clock(facts, times)


def _before_it_began(facts: DayFacts, times: Times) -> Told | None:  # noqa: PLR0911  a reason each
    reader, day = facts.reader, facts.day
    confirmed_at = reader.confirmed_at
    if day > times.on(facts.now):
        return "This day has not come yet.", ""
    if day < times.on(reader.created_at):
        since = day_in_words(times.on(reader.created_at))
        return "You had not subscribed yet.", f"You did so on {since}."
    if left_at := _left_by(facts, times):
        return "You were unsubscribed.", f"You had unsubscribed {times.at(left_at)}."
    if reader.state is SubscriberState.UNSUBSCRIBED and not facts.farewells:
        return "You are unsubscribed.", "Nothing is due until you subscribe again."
    if confirmed_at is None or reader.state is SubscriberState.UNCONFIRMED:
        return (
            "Your subscription is not confirmed yet.",
            "Nothing is sent before you have used the link in the mail that asks you to.",
        )
    # Whoever has left and come back confirms anew: what was before that, they had confirmed as well.
    had_been = any(day <= times.on(each) and each < confirmed_at for each in facts.farewells)
    if day < times.on(confirmed_at) and not had_been:
        return "Your subscription was not confirmed yet.", f"You did so {times.at(confirmed_at)}."
    return None


def _left_by(facts: DayFacts, times: Times) -> datetime | None:
    """Return when the reader had left for that day, None if they had not, or were back."""
    left_at = next((each for each in facts.farewells if times.on(each) <= facts.day), None)
    confirmed_at = facts.reader.confirmed_at
    if left_at is None or confirmed_at is None:
        return left_at
    is_back = left_at < confirmed_at and times.on(confirmed_at) <= facts.day
    return None if is_back else left_at


def _withheld(facts: DayFacts, times: Times) -> Told | None:
    reader, silence = facts.reader, facts.silence
    due_at = slot_on(reader.cadence, facts.day)
    if silence is not None and _began_by(silence.since, due_at, facts, times):
        return "Nothing was sent to your address.", told_silence(silence, times)
    if due_at is None:
        comes = rhythm(reader.cadence)
        weekday = day_in_words(facts.day).partition(" ")[0]
        return "No digest was due.", f"Yours come {comes}, and this was a {weekday}."
    if not was_paused(reader, due_at):
        return None
    paused_until = reader.paused_until
    if paused_until is None:
        ended = times.at(reader.resumed_at or facts.now)
        return "No digest was due.", f"You had paused your digests, and ended that {ended}."
    until = day_in_words(times.on(paused_until))
    if paused_until <= facts.now:
        return "No digest was due.", f"You had paused your digests until {until}."
    return "No digest is due: you have paused.", f"Your digests go on from {until}."


def _began_by(since: datetime, due_at: datetime | None, facts: DayFacts, times: Times) -> bool:
    return times.on(since) <= facts.day if due_at is None else since <= due_at


def _by_the_clock(facts: DayFacts, times: Times) -> Told:
    reader = facts.reader
    due_at = slot_on(reader.cadence, facts.day) or facts.now
    if due_at > facts.now:
        return "The digest of this day is yet to come.", f"It is due {times.at(due_at)}."
    confirmed_at = reader.confirmed_at
    if confirmed_at is not None and times.on(confirmed_at) == facts.day and due_at <= confirmed_at:
        confirmed = times.at(confirmed_at)
        return "No digest was due yet.", f"You confirmed {confirmed}, after the time of that day's."
    if facts.next_period is None and facts.now - due_at < _SOON and _is_due(facts):
        return "The digest of this day is being put together.", f"It is due {times.at(due_at)}."
    then = _what_came_then(facts, times)
    if reader.quiet is QuietDays.ROLL_OVER:
        few = f"fewer than {min(ENOUGH, reader.papers_per_digest)} had come for you"
        wait = f"so they wait for more, {LONGEST.days} days at the longest"
        headline = "Papers were being gathered, so no mail went out."
        return headline, f"You want them together: {few}, {wait}. {then}"
    was_due = f"By your times as they are now one was due {times.at(due_at)}"
    why = "this site was not running then, or your times were others"
    why += ", or you had paused" if reader.paused_at is not None else ""
    return "No digest was put together.", f"{was_due}: {why}. {then}"


def _is_due(facts: DayFacts) -> bool:
    next_due_at = facts.reader.next_due_at
    return next_due_at is not None and next_due_at <= facts.now


def _what_came_then(facts: DayFacts, times: Times) -> str:
    if facts.next_period is not None:
        return f"What had come in was in the round of {day_in_words(facts.next_period)}."
    if facts.reader.next_due_at is not None:
        return f"What has come in is for the next one, due {times.at(facts.reader.next_due_at)}."
    return "What has come in is for the next one."
