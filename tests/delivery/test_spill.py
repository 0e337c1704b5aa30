from datetime import UTC, datetime
from pathlib import Path

from digest.delivery.spill import Spill
from digest.model.deliveries import (
    Delivery,
    DeliveryState,
    MailKind,
    Outcome,
    Settled,
    Settlement,
    Stage,
    Verdict,
)

NOW = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)


def settled(number: int) -> Settled:
    delivery = Delivery(
        id=number,
        subscriber_id=7,
        kind=MailKind.DIGEST,
        period="2026-03-09",
        digest_id=3,
        address="b\u00fccher@example.org",
        key=f"key-{number}",
        state=DeliveryState.LEASED,
        attempts=1,
        fence=4,
        planned_at=NOW,
        next_at=NOW,
        deadline_at=NOW,
        domain_group="example.org",
        message_hash="a" * 64,
    )
    verdict = Verdict(Outcome.DEFERRED, "451 later\u2028on", 451, "4.3.0", Stage.END)
    return Settled(delivery, Settlement(DeliveryState.READY, NOW), verdict, "relay:25")


def test_what_is_kept_is_read_as_it_was(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "spill")
    spill.keep([settled(1), settled(2)])

    assert [each.settled for each in spill.take()] == [[settled(1), settled(2)]]


def test_nothing_kept_is_nothing_read(tmp_path: Path) -> None:
    assert list(Spill(tmp_path / "spill").take()) == []


def test_a_damaged_line_costs_no_other(tmp_path: Path) -> None:
    spill = Spill(tmp_path)
    path = spill.keep([settled(1), settled(2)])
    path.write_text("{not json\n" + path.read_text() + '{"delivery": {}}\n')

    [taken] = spill.take()
    assert [each.delivery.id for each in taken.settled] == [1, 2]
    taken.done()
    assert [each.name for each in tmp_path.iterdir()] == [f"{path.name}.bad"]


def test_a_file_is_one_processs_until_that_has_ended(tmp_path: Path) -> None:
    spill = Spill(tmp_path)
    spill.keep([settled(1)])
    [taken] = spill.take()
    assert list(spill.take()) == []

    taken.path.rename(taken.path.with_name(taken.path.name.partition(".taken")[0] + ".taken-1-2"))
    [again] = spill.take()
    again.give_back()
    [again] = spill.take()
    again.put_aside()
    assert list(spill.take()) == []
    assert [each.suffix for each in tmp_path.iterdir()] == [".bad"]


def test_two_files_of_one_process_about_one_mail_are_two(tmp_path: Path) -> None:
    spill = Spill(tmp_path)

    assert spill.keep([settled(1)]) != spill.keep([settled(1)])
