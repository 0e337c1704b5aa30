"""What tests are about, with sensible everything else."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from digest.model.papers import DateOrigin, Dump, PaperRecord
from digest.model.subscribers import Address, Cadence, Days, Interest, Wishes

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
) -> Wishes:
    interests = tuple(Interest(each) for each in expressions or ("graph neural networks",))
    return Wishes(interests, cadence, papers_per_digest, language)


def make_address(name: str = "ada") -> Address:
    return Address(f"{name.title()}@example.org", f"{name.lower()}@example.org")


def numbered(titles: Iterable[str]) -> list[PaperRecord]:
    return [make_record(title, position=n) for n, title in enumerate(titles, start=1)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
