"""Saved pages made up for tests: papers in either layout, with any noise one likes."""

from datetime import date
from pathlib import Path

from digest.model.papers import PaperRecord
from digest.sources.base import SourceWarning
from digest.sources.dumps.text import read_dump

TODAY = date(2026, 11, 21)
HEADER_A = (
    "new",
    "Get trending papers in your email inbox!",
    "Subscribe",
    "byAK and the research community",
    "Mar 17",
)
INVITATIONS_B = (
    "Get trending papers in your email inbox once a day!",
    "Get trending papers in your email inbox!",
)
SENTENCES = (
    "Sorting lanterns by their colour is a long studied problem of practical concern.",
    "We propose a simple method that counts the shadows behind every lantern in turn.",
    "Experiments on three harbours show that it is faster than all earlier methods.",
    "It needs neither moonlight nor a map, which makes it suited to small boats.",
    "Finally we discuss how fog changes the picture and what remains to be done.",
)
Pair = tuple[str, str]


def abstract_of(number: int, sentences: int = 6) -> str:
    """An abstract of about 80 characters a sentence, different for every number."""
    chosen = (SENTENCES[(number + step) % len(SENTENCES)] for step in range(sentences))
    return f"Case {number} concerns harbours. " + " ".join(chosen)


def papers(count: int) -> list[Pair]:
    names = ("Lantern Sorting", "Harbour Graphs", "Foggy Attention", "Shadow Counting Networks")
    return [
        (f"{names[number % 4]} for Fleet {number} of Small Boats", abstract_of(number))
        for number in range(1, count + 1)
    ]


def layout_a(pairs: list[Pair], header: tuple[str, ...] = HEADER_A) -> str:
    return "\n\n".join([*header, *(text for pair in pairs for text in pair)])


def layout_b(pairs: list[Pair], header: tuple[str, ...] = INVITATIONS_B) -> str:
    lines = [text for pair in pairs for text in pair]
    lines[0] = f"Subscribe{lines[0]}"
    return "\n".join([*header, *lines])


def saved(folder: Path, text: str | bytes, name: str = "page.txt") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read_pairs(folder: Path, text: str | bytes) -> list[Pair]:
    return [(record.title, record.abstract) for record in read_all(folder, text)[0]]


def read_all(folder: Path, text: str | bytes) -> tuple[list[PaperRecord], list[SourceWarning]]:
    page = read_dump(saved(folder, text), today=TODAY)
    return list(page.records), page.warnings
