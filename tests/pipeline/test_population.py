"""Made-up readers: the same each time, and as uneven as real ones."""

from collections import Counter
from datetime import UTC, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from digest.delivery.address import address_key, normal_address
from digest.delivery.domains import domain_group
from digest.model.population import MADE_UP, MadeReader
from digest.pipeline.habits import ALL_ACTIVE, FEWEST, MOST, Habits
from digest.pipeline.made_interests import MadeInterests
from digest.pipeline.popular import Vocabulary
from digest.pipeline.population import Population
from digest.ranking.query import parse

NOW = datetime(2026, 3, 18, 3, 0, tzinfo=UTC)
PHRASES = [f"{kind} networks {n}" for n in range(150) for kind in ("graph", "neural", "petri")]


def population(seed: int = 1, habits: Habits | None = None, *, is_due: bool = False) -> Population:
    interests = MadeInterests(Vocabulary.of(PHRASES, ["GNN", "LLM"]))
    return Population(seed, interests, NOW, habits or Habits(), (5, 6, 7), is_due=is_due)


@cache
def some() -> list[MadeReader]:
    return population().readers(0)


def test_the_same_seed_draws_the_same_readers_and_another_others() -> None:
    assert population().readers(0) == some()
    assert population().readers(1) != some()
    others = population(seed=2).readers(0)
    assert not {each.address for each in others} & {each.address for each in some()}


def test_everybody_wants_three_to_eight_different_things_that_can_be_read() -> None:
    for reader in some():
        wanted = [text for text, _ in reader.interests if not text.startswith("-")]
        assert FEWEST <= len(set(wanted)) == len(wanted) <= MOST
        assert len(reader.interests) <= len(wanted) + 1
    for text in {text for reader in some() for text, _ in reader.interests}:
        parse(text)


def test_some_phrases_are_far_more_popular_than_others() -> None:
    counts = Counter(text for reader in some() for text, _ in reader.interests)
    assert counts[PHRASES[0]] > 5 * counts[PHRASES[100]] > 0
    ways = ("+", "|", '"', "title:", "GNN", "-")
    assert all(any(way in text for text in counts) for way in ways)


def test_a_vocabulary_of_two_words_gives_nobody_the_same_one_twice() -> None:
    few = Population(1, MadeInterests(Vocabulary.of(["roads", "graphs"])), NOW)
    for reader in few.readers(0):
        texts = [text for text, _ in reader.interests]
        assert len(set(texts)) == len(texts)


def test_no_address_can_ever_be_reached_and_their_domains_vary() -> None:
    addresses = [each.address for each in some()]
    assert len(set(addresses)) == len(addresses)
    for address in addresses[:200]:
        assert normal_address(address) == address_key(address) == address
    assert all(address.endswith(MADE_UP) for address in addresses)
    groups = Counter(map(domain_group, addresses))
    assert len(groups) > 300
    assert groups.most_common(1)[0][1] > len(addresses) / 5


def test_digests_are_due_in_the_morning_where_readers_live() -> None:
    mornings = 0
    active = [each for each in some() if each.state == "active" and each.paused_until is None]
    for reader in active:
        assert reader.next_due_at is not None
        assert reader.next_due_at > NOW
        local = reader.next_due_at.astimezone(ZoneInfo(reader.zone)).time()
        assert local == reader.at
        mornings += time(6) <= local <= time(9)
    assert mornings > 0.8 * len(active)
    assert len({reader.zone for reader in active}) >= 30
    assert {reader.days for reader in active} == {"daily", "weekdays", "weekly"}


def test_shares_of_readers_have_left_or_paused_or_say_what_they_think() -> None:
    def share(what: list[MadeReader]) -> float:
        return len(what) / len(some())

    assert share([r for r in some() if r.state == "unconfirmed"]) == pytest.approx(0.02, abs=0.01)
    assert share([r for r in some() if r.left_at]) == pytest.approx(0.04, abs=0.01)
    assert share([r for r in some() if r.paused_until]) == pytest.approx(0.03, abs=0.01)
    assert share([r for r in some() if r.suppressed]) == pytest.approx(0.01, abs=0.008)
    assert share([r for r in some() if r.feedback]) == pytest.approx(0.05, abs=0.015)
    assert share([r for r in some() if r.mutes]) == pytest.approx(0.04, abs=0.015)
    assert {word.paper_id for r in some() for word in r.feedback} == {5, 6, 7}


def test_all_at_once_spares_only_who_has_paused() -> None:
    for reader in population(is_due=True).readers(0):
        if reader.paused_until is not None:
            assert reader.next_due_at is not None
            assert reader.next_due_at >= reader.paused_until
        elif reader.state == "active":
            assert reader.next_due_at == NOW


def test_all_may_be_active() -> None:
    everybody = population(habits=ALL_ACTIVE, is_due=True).readers(0)
    assert all(each.next_due_at == NOW and not each.suppressed for each in everybody)
