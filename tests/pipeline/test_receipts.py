"""What a receipt says of a day, told from made-up facts: pure, and of every state there is."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.deliveries import (
    Attempt,
    BounceKind,
    Delivery,
    DeliveryState,
    Outcome,
)
from digest.model.receipts import Choice, DayFacts, Intake, ReadDump, Returned, Silence
from digest.model.subscribers import (
    Cadence,
    Days,
    Interest,
    QuietDays,
    Subscriber,
    SubscriberState,
    Wishes,
)
from digest.pipeline.receipt import tell
from digest.text import clean_line
from tests.factories import at, make_delivery

DAY = date(2026, 3, 17)  # a Tuesday
CADENCE = Cadence(Days.DAILY, time(7, 0), "Europe/Berlin")
SEVEN = at("2026-03-17T06:00:00Z")
EVENING = at("2026-03-17T20:00:00Z")
JANUARY = at("2026-01-10T12:00:00Z")
# What only the code calls so.
_INTERNAL = re.compile(
    r"inflight|leased|ready\b(?! at| on)|planned|\bfence|ledger|None|\bnull\b|suppress|transport"
    r"|uncertain|expired|withdrawn|deferred|throttl|enum|\{|\}",
    re.IGNORECASE,
)


def reader(**changes: Any) -> Subscriber:
    known = Subscriber(
        id=1,
        address="ada@example.org",
        state=SubscriberState.ACTIVE,
        cadence=CADENCE,
        papers_per_digest=10,
        interests=(Interest("RAG"),),
        created_at=JANUARY,
        confirmed_at=JANUARY + timedelta(hours=1),
        next_due_at=SEVEN + timedelta(days=1),
        seen_through=3,
        token_version=1,
    )
    return replace(known, **changes)


def choice(quiet: QuietDays = QuietDays.SKIP, **changes: Any) -> Choice:
    known = Choice(
        number=9,
        period=DAY,
        window_after=2,
        window_through=3,
        composed_at=SEVEN,
        considered=32,
        matched=5,
        excluded=0,
        is_rest=False,
        entries=5,
        folded=0,
        wishes=Wishes((Interest("RAG"),), CADENCE, 10, quiet=quiet),
    )
    return replace(known, **changes)


def mail(state: DeliveryState = DeliveryState.ACCEPTED, **changes: Any) -> Delivery:
    known = {"id": 4, "digest_id": 9, "settled_at": at("2026-03-17T06:02:00Z")}
    return make_delivery(SEVEN, state=state, **{**known, **changes})


def attempt(outcome: Outcome, text: str = "", code: int | None = None, minute: int = 1) -> Attempt:
    ended_at = at("2026-03-17T06:00:00Z") + timedelta(minutes=minute)
    return Attempt(4, outcome, text, code, None, None, "smtp", ended_at)


def facts(**changes: Any) -> DayFacts:
    return replace(DayFacts(DAY, EVENING, reader(), choice(), mail()), **changes)


def told(**changes: Any) -> str:
    sentences = tell(facts(**changes)).sentences
    assert all(sentences)
    assert all(each == each.strip() and each.endswith((".", "?")) for each in sentences), sentences
    return " ".join(sentences)


def untold(**changes: Any) -> str:
    """Return what is said of a day without a digest."""
    return told(**{"choice": None, "mail": None, **changes})


def test_a_good_day_is_told_from_the_list_to_the_server() -> None:
    dump = ReadDump("2026-03-17.txt", DAY, 34, at("2026-03-17T04:30:00Z"))
    receipt = tell(
        facts(
            choice=choice(matched=14, excluded=3, entries=10, folded=0),
            intake=Intake((dump,), 1, 34),
        )
    )
    assert receipt.headline == "10 papers, accepted by the mail server at 07:02."
    assert receipt.choice == (
        "One list was read for you: “2026-03-17.txt” of Tuesday 17 March 2026, read at 05:30.",
        "34 papers were listed for the first time.",
        "Of these, 2 had been shown to you before, or were on the way to you.",
        "Of 32 papers that were new to you, 14 matched your keywords.",
        "3 papers more would have matched, but were hidden by an exclusion or a mute of yours.",
        "4 that matched fell below your limit of 10 papers: the best go first.",
        "The digest has 10 papers.",
    )
    assert receipt.mail == (
        "The mail was ready at 07:00.",
        "The mail server accepted it at 07:02.",
    )
    assert receipt.digest_id == 9


@pytest.mark.parametrize(
    ("state", "words"),
    {
        DeliveryState.PLANNED: "waits until whoever runs this site has let it go",
        DeliveryState.READY: "waiting for its turn",
        DeliveryState.LEASED: "is being sent at this moment",
        DeliveryState.INFLIGHT: "is being sent at this moment",
        DeliveryState.ACCEPTED: "The mail server accepted it at 07:02.",
        DeliveryState.FAILED: "refused by the mail server",
        DeliveryState.SUPPRESSED: "It was not sent",
        DeliveryState.EXPIRED: "could not be handed over in time, and was given up at 07:02.",
        DeliveryState.UNCERTAIN: "Nobody knows whether it arrived",
        DeliveryState.HELD: "held back by whoever runs this site",
    }.items(),
)
def test_every_state_of_a_mail_has_its_words(state: DeliveryState, words: str) -> None:
    assert words in told(mail=mail(state))


def test_no_state_is_forgotten() -> None:
    for state in DeliveryState:
        assert not _INTERNAL.search(told(mail=mail(state))), state


@pytest.mark.parametrize(
    "state", [DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.EXPIRED]
)
def test_papers_of_a_mail_that_was_not_sent_are_said_to_come_again(state: DeliveryState) -> None:
    assert "come with your next digest" in told(mail=mail(state))


@pytest.mark.parametrize("state", [DeliveryState.PLANNED, DeliveryState.HELD])
def test_a_digest_that_is_held_back_has_no_page_yet(state: DeliveryState) -> None:
    assert tell(facts(mail=mail(state))).digest_id is None


def test_a_mail_that_waits_says_until_when() -> None:
    waiting = mail(DeliveryState.READY, next_at=EVENING + timedelta(minutes=5), settled_at=None)
    assert "It is tried again at 21:05, and given up on Wednesday 18 March 2026 at 03:00" in told(
        mail=waiting
    )
    over = mail(DeliveryState.READY, deadline_at=EVENING - timedelta(minutes=1))
    assert "not sent any more" in told(mail=over)


def test_a_mail_to_an_earlier_address_says_so_and_not_which() -> None:
    moved = told(mail=mail(address="Ada@Example.com"))
    assert "It was for the address that you had before." in moved
    assert "example.com" not in moved.lower()
    assert "that you had before" not in told(mail=mail(address="ADA@example.org"))


def test_a_mail_that_may_have_come_twice_says_so() -> None:
    assert "may have come twice" in told(mail=mail(is_maybe_duplicate=True))


@pytest.mark.parametrize(
    ("outcome", "words"),
    {
        Outcome.ACCEPTED: "At 07:01 the mail server took it",
        Outcome.DEFERRED: "At 07:01 the mail server asked for it again later",
        Outcome.FAILED: "At 07:01 the mail server refused it",
        Outcome.THROTTLED: "took no more mail from this site for a while",
        Outcome.UNREACHABLE: "nothing to do with you",
        Outcome.WITHDRAWN: "taken back before it was handed over",
        Outcome.UNCERTAIN: "the answer got lost: it may have arrived",
    }.items(),
)
def test_every_outcome_of_a_try_has_its_words(outcome: Outcome, words: str) -> None:
    said = told(attempts=(attempt(outcome),))
    assert words in said
    assert not _INTERNAL.search(said)


def test_greylisting_is_told_as_the_custom_it_is_with_the_servers_words() -> None:
    said = told(attempts=(attempt(Outcome.DEFERRED, "4.7.1 Greylisted,\r\nsee you\x1b[2J", 450),))
    assert "asked for it again later, as many do with a sender they do not know well:" in said
    assert "“4.7.1 Greylisted, see you[2J”." in said


def test_what_no_server_said_is_not_quoted() -> None:
    said = told(attempts=(attempt(Outcome.UNREACHABLE, "relay.internal:25 refused"),))
    assert "relay.internal" not in said


def test_a_servers_novel_is_cut() -> None:
    said = told(attempts=(attempt(Outcome.FAILED, "no " * 5000, 550),))
    assert len(said) < 1500


def test_many_tries_are_told_by_the_first_and_the_last() -> None:
    tries = tuple(attempt(Outcome.DEFERRED, minute=n) for n in range(1, 31))
    receipt = tell(facts(attempts=tries))
    assert len(receipt.mail) == 1 + 4 + 1 + 3 + 1
    assert "23 more tries went likewise." in receipt.mail
    assert receipt.mail[-2].startswith("At 07:30 ")


@pytest.mark.parametrize("kind", BounceKind)
def test_what_came_back_is_told_after_the_end(kind: BounceKind) -> None:
    returned = Returned(kind, "550 mailbox <full>\n", at("2026-03-18T09:00:00Z"))
    receipt = tell(facts(returned=(returned,)))
    assert receipt.mail[-1].startswith("On Wednesday 18 March 2026 at 10:00 ")
    assert receipt.mail[-1].endswith(": “550 mailbox <full>”.")
    assert ("sent back later" in receipt.headline) == (kind is not BounceKind.COMPLAINT)
    assert tell(facts(returned=(replace(returned, text=""),))).mail[-1].endswith(".")


def test_a_suppressed_mail_says_what_is_the_matter() -> None:
    not_sent = mail(DeliveryState.SUPPRESSED)
    silence = Silence(JANUARY, is_complaint=False)
    came_back = told(mail=not_sent, silence=silence)
    assert "since Saturday 10 January 2026 at 13:00: mails to it came back" in came_back
    complained = told(mail=not_sent, silence=replace(silence, is_complaint=True))
    assert "marked as unwanted" in complained
    paused = told(mail=not_sent, reader=reader(paused_at=SEVEN, paused_until=EVENING))
    assert "since you had paused your digests." in paused
    left = told(mail=not_sent, farewells=(SEVEN + timedelta(minutes=1),))
    assert "since you had unsubscribed." in left
    assert "you had paused, or were not subscribed, or" in told(mail=not_sent)


@pytest.mark.parametrize(
    "changes",
    [
        {"silence": Silence(EVENING, is_complaint=False)},
        {"reader": reader(paused_at=EVENING, paused_until=EVENING + timedelta(days=9))},
        {"farewells": (JANUARY,)},
    ],
)
def test_what_came_after_a_mail_was_given_up_is_not_said_to_be_why(changes: dict[str, Any]) -> None:
    assert "when its turn came you had paused, or were not subscribed, or" in told(
        mail=mail(DeliveryState.SUPPRESSED), **changes
    )


def test_a_mail_kept_back_by_a_pause_is_told_so_after_its_reader_ended_it() -> None:
    resumed = reader(paused_at=SEVEN, resumed_at=EVENING)
    assert "you had paused your digests." in told(
        mail=mail(DeliveryState.SUPPRESSED), reader=resumed
    )


def test_a_mail_that_is_on_no_record_is_said_to_be_so() -> None:
    receipt = tell(facts(mail=None))
    assert receipt.headline == "5 papers, with no mail on record."
    assert receipt.mail == ("What became of the mail is not on record.",)
    assert receipt.digest_id is None


def test_a_digest_that_came_late_says_when_it_was_due() -> None:
    late = told(choice=choice(composed_at=at("2026-03-17T09:30:00Z")))
    assert "It was due at 07:00 and was put together at 10:30: this site was not running" in late
    assert "It was due" not in told(choice=choice(composed_at=at("2026-03-17T06:15:00Z")))


@pytest.mark.parametrize(
    ("quiet", "words"),
    {
        QuietDays.SKIP: "That is what you chose",
        QuietDays.ROLL_OVER: "You gather papers over days",
        QuietDays.REST: "there was none to choose",
    }.items(),
)
def test_a_quiet_day_names_what_its_reader_chose_for_it(quiet: QuietDays, words: str) -> None:
    nothing = choice(quiet, matched=0, entries=0)
    receipt = tell(facts(choice=nothing, mail=None))
    assert receipt.headline == "Nothing matched, so no mail."
    assert "Of 32 papers that were new to you, none matched your keywords." in receipt.choice
    assert "no mail went out" in " ".join(receipt.choice)
    assert words in receipt.choice[-1]
    assert (receipt.mail, receipt.digest_id) == ((), None)


def test_the_best_of_the_rest_is_told_as_what_it_is() -> None:
    said = told(choice=choice(QuietDays.REST, matched=0, entries=3, is_rest=True))
    assert "none matched your keywords." in said
    assert "The digest has 3 papers, the best of the rest: you asked for them" in said


def test_a_day_on_which_no_list_came_says_so() -> None:
    silent = choice(considered=0, matched=0, entries=0)
    receipt = tell(facts(choice=silent, mail=None, intake=Intake((), 0, 0)))
    assert receipt.headline == "No new papers, so no mail."
    assert receipt.choice[0].startswith(
        "No new list of papers had come in since your digest before"
    )


def test_several_lists_are_named_and_many_are_counted() -> None:
    dumps = tuple(ReadDump(f"{n}.txt", DAY, 1, SEVEN) for n in (1, 2))
    two = told(intake=Intake(dumps, 2, 2))
    assert "2 lists were read for you: “1.txt” of" in two
    many = told(intake=Intake(dumps, 40, 2))
    assert "40 lists were read for you, the last 2 of them: " in many
    assert "3 lists were read for you." in told(intake=Intake((), 3, 2))


def test_what_an_earlier_release_did_not_keep_is_left_out() -> None:
    old = choice(matched=14, excluded=None, wishes=None)
    said = told(choice=old)
    assert "hidden" not in said
    assert "limit" not in said
    assert "9 that matched were left out." in said
    nothing = told(choice=choice(matched=0, entries=0, wishes=None), mail=None)
    assert "chose" not in nothing


def test_folded_papers_are_told_with_the_others() -> None:
    assert "The digest has 7 papers, 2 of them told in a line under another" in told(
        choice=choice(matched=7, folded=2)
    )
    assert "6 papers, one of them told" in told(choice=choice(matched=6, folded=1))


NOTHING = {
    "a day to come": ({"day": date(2026, 3, 18)}, "has not come yet"),
    "before it began": ({"day": date(2026, 1, 9)}, "You had not subscribed yet."),
    "unconfirmed": (
        {"reader": reader(state=SubscriberState.UNCONFIRMED, confirmed_at=None)},
        "Nothing is sent before you have used the link",
    ),
    "confirmed later": (
        {"reader": reader(confirmed_at=at("2026-03-19T06:00:00Z"))},
        "Your subscription was not confirmed yet.",
    ),
    "confirmed after the hour": (
        {"reader": reader(confirmed_at=at("2026-03-17T06:30:00Z"))},
        "You confirmed at 07:30, after the time of that day's.",
    ),
    "left": (
        {
            "reader": reader(state=SubscriberState.UNSUBSCRIBED),
            "farewells": (at("2026-03-03T08:00:00Z"),),
        },
        "You had unsubscribed on Tuesday 3 March 2026 at 09:00.",
    ),
    "left and not back yet": (
        {
            "reader": reader(confirmed_at=at("2026-03-19T06:00:00Z")),
            "farewells": (at("2026-03-03T08:00:00Z"),),
        },
        "You were unsubscribed.",
    ),
    "left, nobody knows when": (
        {"reader": reader(state=SubscriberState.UNSUBSCRIBED)},
        "You are unsubscribed.",
    ),
    "not written to": (
        {"silence": Silence(JANUARY, is_complaint=True)},
        "Nothing was sent to your address.",
    ),
    "a weekend": (
        {
            "day": date(2026, 3, 14),
            "reader": reader(cadence=replace(CADENCE, days=Days.WEEKDAYS)),
        },
        "Yours come from Monday to Friday at 07:00, and this was a Saturday.",
    ),
    "another day of the week": (
        {"reader": reader(cadence=replace(CADENCE, days=Days.WEEKLY, weekday=3))},
        "Yours come every Thursday at 07:00, and this was a Tuesday.",
    ),
    "paused": (
        {"reader": reader(paused_at=JANUARY, paused_until=at("2026-03-20T23:00:00Z"))},
        "No digest is due: you have paused. Your digests go on from Saturday 21 March 2026.",
    ),
    "was paused": (
        {"reader": reader(paused_at=JANUARY, paused_until=at("2026-03-17T07:00:00Z"))},
        "You had paused your digests until Tuesday 17 March 2026.",
    ),
    "a pause that was ended": (
        {"reader": reader(paused_at=JANUARY, resumed_at=EVENING)},
        "You had paused your digests, and ended that at 21:00.",
    ),
    "before a pause": (
        {"reader": reader(paused_at=EVENING, paused_until=at("2026-03-20T23:00:00Z"))},
        "this site was not running then, or your times were others, or you had paused.",
    ),
    "silenced later that day": (
        {"silence": Silence(EVENING, is_complaint=False)},
        "this site was not running then",
    ),
    "before they left, as told to who came back": (
        {
            "reader": reader(confirmed_at=EVENING + timedelta(days=9)),
            "farewells": (EVENING + timedelta(days=2),),
        },
        "By your times as they are now one was due at 07:00",
    ),
    "later today": (
        {"reader": reader(cadence=replace(CADENCE, at=time(23, 0)))},
        "The digest of this day is yet to come. It is due at 23:00.",
    ),
    "just now": (
        {
            "now": at("2026-03-17T06:05:00Z"),
            "reader": reader(next_due_at=SEVEN),
        },
        "is being put together",
    ),
    "gathering": (
        {"reader": reader(quiet=QuietDays.ROLL_OVER)},
        (
            "fewer than 3 had come for you, so they wait for more, 7 days at the longest. What has"
            " come in is for the next one, due on Wednesday 18 March 2026 at 07:00."
        ),
    ),
    "down": (
        {"next_period": date(2026, 3, 19)},
        (
            "this site was not running then, or your times were others. What had come in was in the"
            " round of Thursday 19 March 2026."
        ),
    ),
    "down, and nothing is due": ({"reader": reader(next_due_at=None)}, "is for the next one."),
}


@pytest.mark.parametrize(("changes", "words"), NOTHING.values(), ids=NOTHING)
def test_a_day_without_a_digest_says_why(changes: dict[str, Any], words: str) -> None:
    said = untold(**changes)
    assert words in said
    assert not _INTERNAL.search(said)


def test_who_came_back_is_no_longer_said_to_have_left() -> None:
    back = reader(confirmed_at=at("2026-03-10T08:00:00Z"))
    said = untold(reader=back, farewells=(at("2026-03-03T08:00:00Z"),))
    assert "unsubscribed" not in said


MOMENTS = st.datetimes(
    datetime(2000, 1, 3),  # noqa: DTZ001  hypothesis wants it so
    datetime(2099, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
MAYBE = st.none() | MOMENTS
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia", "America/St_Johns"])
NUMBERS = st.integers(0, 200_000)
TEXTS = st.text(max_size=60)
CADENCES = st.builds(Cadence, st.sampled_from(Days), st.times(), ZONES, st.integers(0, 6))
READERS = st.builds(
    reader,
    state=st.sampled_from(SubscriberState),
    cadence=CADENCES,
    created_at=MOMENTS,
    confirmed_at=MAYBE,
    next_due_at=MAYBE,
    quiet=st.sampled_from(QuietDays),
    paused_until=MAYBE,
    paused_at=MAYBE,
    resumed_at=MAYBE,
    papers_per_digest=st.integers(1, 30),
)
WISHES = st.builds(
    Wishes,
    st.just(()),
    CADENCES,
    st.integers(1, 30),
    st.just("en"),
    st.sampled_from(QuietDays),
)
CHOICES = st.builds(
    choice,
    period=st.dates(date(2000, 1, 3), date(2099, 1, 1)),
    composed_at=MOMENTS,
    considered=NUMBERS,
    matched=NUMBERS,
    excluded=st.none() | NUMBERS,
    is_rest=st.booleans(),
    entries=st.integers(0, 40),
    folded=st.integers(0, 40),
    wishes=st.none() | WISHES,
)
MAILS = st.builds(
    mail,
    st.sampled_from(DeliveryState),
    planned_at=MOMENTS,
    next_at=MOMENTS,
    deadline_at=MOMENTS,
    settled_at=MAYBE,
    is_maybe_duplicate=st.booleans(),
)
DUMPS = st.lists(
    st.builds(ReadDump, TEXTS, st.dates(date(2000, 1, 3)), NUMBERS, MOMENTS), max_size=3
)
FACTS = st.builds(
    DayFacts,
    st.dates(date(2000, 1, 3), date(2099, 12, 31)),
    MOMENTS,
    READERS,
    st.none() | CHOICES,
    st.none() | MAILS,
    st.none() | st.builds(Intake, DUMPS.map(tuple), NUMBERS, NUMBERS),
    st.lists(
        st.builds(
            attempt, st.sampled_from(Outcome), TEXTS, st.none() | st.just(450), st.integers(0, 99)
        ),
        max_size=12,
    ).map(tuple),
    st.lists(st.builds(Returned, st.sampled_from(BounceKind), TEXTS, MOMENTS), max_size=2).map(
        tuple
    ),
    st.none() | st.builds(Silence, MOMENTS, is_complaint=st.booleans()),
    st.lists(MOMENTS, max_size=3).map(tuple),
    st.none() | st.dates(date(2000, 1, 3), date(2099, 12, 31)),
)


@given(FACTS)
def test_any_facts_make_sentences(known: DayFacts) -> None:
    receipt = tell(known)
    assert receipt.day == known.day
    assert receipt.headline
    for sentence in receipt.sentences:
        assert sentence.endswith(".")
        assert sentence[0].isupper() or sentence[0].isdigit(), sentence
        assert clean_line(sentence) == sentence
