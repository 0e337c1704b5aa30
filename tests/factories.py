"""What tests are about, with sensible everything else."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from digest.model.deliveries import Delivery, DeliveryState, MailKind
from digest.model.papers import DateOrigin, Dump, PaperRecord
from digest.model.subscribers import Address, Cadence, Days, Interest, QuietDays, Wishes

BERLIN = Cadence(Days.DAILY, time(7, 0), "Europe/Berlin")


def make_record(title: str, abstract: str = "", position: int = 1, **rest: Any) -> PaperRecord:
    text = abstract or f"We study {title.lower()} and show what it is good for, with experiments."
    return PaperRecord(
        position=position,
        title=title,
        abstract=text,
        original_title=title,
        original_abstract=text,
        **rest,
    )


def make_dump(name: str = "a.txt", dated_on: date = date(2026, 3, 17), checksum: str = "") -> Dump:
    return Dump(
        source="dumps",
        name=name,
        checksum=checksum or name,
        dated_on=dated_on,
        date_origin=DateOrigin.STATED,
        layout="A",
    )


def make_wishes(
    *expressions: str,
    cadence: Cadence = BERLIN,
    papers_per_digest: int = 10,
    language: str = "en",
    quiet: QuietDays = QuietDays.SKIP,
) -> Wishes:
    interests = tuple(Interest(each) for each in expressions or ("graph neural networks",))
    return Wishes(interests, cadence, papers_per_digest, language, quiet)


def make_address(name: str = "ada") -> Address:
    return Address(f"{name.title()}@example.org", f"{name.lower()}@example.org")


def make_delivery(planned_at: datetime, /, **changes: Any) -> Delivery:
    """The mail of a digest, accepted at its first attempt unless something else is said."""
    known = Delivery(
        id=1,
        subscriber_id=1,
        kind=MailKind.DIGEST,
        period=planned_at.date().isoformat(),
        digest_id=1,
        address="ada@example.org",
        key="key",
        state=DeliveryState.ACCEPTED,
        attempts=1,
        fence=1,
        planned_at=planned_at,
        next_at=planned_at,
        deadline_at=planned_at + timedelta(hours=20),
    )
    return replace(known, **changes)


def numbered(titles: Iterable[str]) -> list[PaperRecord]:
    return [make_record(title, position=n) for n, title in enumerate(titles, start=1)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
