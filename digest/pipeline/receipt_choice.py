"""What a receipt says of a digest: what was read, what matched, and what was left out."""

from datetime import timedelta

from digest.model.receipts import Choice, DayFacts, Intake
from digest.model.subscribers import QuietDays
from digest.pipeline.receipt_times import Times, quoted, several, slot_on
from digest.ranking.rank import MOST_PAPERS
from digest.rendering.environment import day as day_in_words
from digest.rendering.environment import plural
from digest.rendering.incomplete import incomplete_then

# A round of all readers takes a while: within it nobody is late.
_LATE = timedelta(minutes=20)


def told_choice(facts: DayFacts, choice: Choice, times: Times) -> tuple[str, ...]:
    """Return what was read for a digest, what was chosen of it, and what was not."""
    sentences = []
    if late := _lateness(choice, times):
        sentences.append(late)
    if facts.intake is not None:
        sentences += [*_reading(facts.intake, times), *_novelty(facts.intake, choice)]
    if choice.lacking:
        # A source that was broken is never told as a day on which nothing came.
        sentences.append(incomplete_then(choice.lacking, times.zone, choice.period))
    return (*sentences, *told_numbers(choice))


def told_numbers(choice: Choice) -> tuple[str, ...]:
    """Return what was chosen of the papers considered, and what was left out and why."""
    found = [*_matching(choice), *_hidden(choice), *_below(choice)]
    if choice.papers:
        found += _shown(choice)
    else:
        found += ["So there was nothing to send, and no mail went out.", *_policy(choice)]
    return tuple(found)


def _lateness(choice: Choice, times: Times) -> str:
    due_at = slot_on(choice.wishes.cadence, choice.period) if choice.wishes else None
    if due_at is None or choice.composed_at - due_at <= _LATE:
        return ""
    made = times.at(choice.composed_at)
    return (
        f"It was due {times.at(due_at)} and was put together {made}:"
        " this site was not running in between, or had a lot to do."
    )


def _reading(intake: Intake, times: Times) -> list[str]:
    if not intake.count:
        why = "none was published, or this site did not get it."
        return [f"No new list of papers had come in since your digest before: {why}"]
    named = [
        f"{quoted(each.name)} of {day_in_words(each.dated_on)}, read {times.at(each.read_at)}"
        for each in intake.dumps
    ]
    if not named:
        return [f"{several(intake.count, 'list')} read for you."]
    if intake.count == 1:
        return [f"One list was read for you: {named[0]}."]
    which = "" if len(named) >= intake.count else f", the last {len(named)} of them"
    return [f"{intake.count:,} lists were read for you{which}: {'; '.join(named)}."]


def _novelty(intake: Intake, choice: Choice) -> list[str]:
    if not intake.count:
        return []
    found = [f"{several(intake.papers, 'paper')} listed for the first time."]
    seen = intake.papers - choice.considered
    # Of more than these, years of them, only the newest are looked at.
    if seen > 0 and intake.papers <= MOST_PAPERS:
        found.append(
            f"Of these, {seen:,} had been shown to you before, or {_were(seen)} on the way to you."
        )
    return found


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _matching(choice: Choice) -> list[str]:
    if choice.considered <= 0:
        return ["There were no papers that were new to you."]
    among = plural(choice.considered, "paper")
    of_new = f"Of {among} that {_were(choice.considered)} new to you"
    if choice.matched <= 0:
        return [f"{of_new}, none matched your keywords."]
    return [f"{of_new}, {choice.matched:,} matched your keywords."]


def _hidden(choice: Choice) -> list[str]:
    if not choice.excluded or choice.excluded < 0:
        return []
    hidden = f"{_were(choice.excluded)} hidden by an exclusion or a mute of yours"
    return [f"{plural(choice.excluded, 'paper')} more would have matched, but {hidden}."]


def _below(choice: Choice) -> list[str]:
    below = choice.matched - choice.papers
    if below <= 0 or choice.is_rest:
        return []
    limit = choice.wishes.papers_per_digest if choice.wishes else 0
    if limit and choice.entries >= limit:
        most = plural(limit, "paper")
        return [f"{below:,} that matched fell below your limit of {most}: the best go first."]
    return [f"{below:,} that matched {_were(below)} left out."]


def _shown(choice: Choice) -> list[str]:
    digest = f"The digest has {plural(choice.papers, 'paper')}"
    if choice.is_rest:
        return [f"{digest}, the best of the rest: you asked for them where nothing matches."]
    if choice.folded:
        told = "one of them told" if choice.folded == 1 else f"{choice.folded:,} of them told"
        return [f"{digest}, {told} in a line under another that is much like it."]
    return [f"{digest}."]


def _policy(choice: Choice) -> list[str]:
    """Return what its reader had wished for days without papers."""
    match choice.wishes.quiet if choice.wishes else None:
        case QuietDays.SKIP:
            return ["That is what you chose for days on which nothing matches."]
        case QuietDays.ROLL_OVER:
            return ["You gather papers over days; by then there was none to send."]
        case QuietDays.REST:
            return [
                "You asked for the best of the rest on such days, but there was none to choose."
            ]
        case None:
            return []
