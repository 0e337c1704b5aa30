"""Addresses that are not written to, scores that lead there, and the reports they come from."""

from digest.model.deliveries import Bounce, BounceKind, Suppression
from digest.store import bounces, suppressions
from digest.store.engine import Database
from tests.conftest import HandClock
from tests.store.ledger import Ledger


def test_the_first_reason_stands(database: Database, clock: HandClock) -> None:
    first = Suppression("a@example.org", "complaint", "arf", clock(), "feedback-type: abuse")
    with database.writing() as connection:
        assert suppressions.suppress(
            connection, "a@example.org", "complaint", "arf", "feedback-type: abuse", clock()
        )
        assert not suppressions.suppress(
            connection, "a@example.org", "no such mailbox", "smtp", "550", clock()
        )
        assert suppressions.suppression_of(connection, "a@example.org") == first
        assert suppressions.suppression_of(connection, "b@example.org") is None


def test_suppressions_are_listed_page_by_page(database: Database, clock: HandClock) -> None:
    keys = [f"{name}@example.org" for name in "abc"]
    with database.writing() as connection:
        for key in reversed(keys):
            suppressions.suppress(connection, key, "x", "", "", clock())
        pages = [
            [each.address_key for each in suppressions.all_suppressions(connection, 2, after)]
            for after in ("", keys[1])
        ]

    assert pages == [keys[:2], keys[2:]]


def test_an_address_may_be_written_to_again_with_a_clean_sheet(
    database: Database, clock: HandClock
) -> None:
    with database.writing() as connection:
        suppressions.add_score(connection, "a@example.org", 2, clock())
        suppressions.suppress(connection, "a@example.org", "x", "", "", clock())
        assert suppressions.unsuppress(connection, "a@example.org")
        assert not suppressions.unsuppress(connection, "a@example.org")
        assert suppressions.suppression_of(connection, "a@example.org") is None
        assert suppressions.score_of(connection, "a@example.org") == 0


def test_scores_add_up_and_never_fall_below_nothing(database: Database, clock: HandClock) -> None:
    with database.writing() as connection:
        totals = [
            suppressions.add_score(connection, "a@example.org", points, clock())
            for points in (0.5, 1.0, -0.5, -5.0, 2.0)
        ]

    assert totals == [0.5, 1.5, 1.0, 0.0, 2.0]


def test_a_report_is_taken_in_once(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    bounce = Bounce("e" * 64, number, BounceKind.SOFT, None, "mailbox full")
    with ledger.database.writing() as connection:
        assert bounces.add_bounce(connection, bounce, ledger.clock())
        assert not bounces.add_bounce(connection, bounce, ledger.clock())
        assert bounces.bounces_of(connection, number) == [bounce]


def test_a_report_of_no_mail_of_ours_is_not_taken_in(ledger: Ledger) -> None:
    bounce = Bounce("e" * 64, 12345, BounceKind.HARD, "5.1.1", "unknown")
    with ledger.database.writing() as connection:
        assert not bounces.add_bounce(connection, bounce, ledger.clock())
        assert bounces.bounces_of(connection, 12345) == []
