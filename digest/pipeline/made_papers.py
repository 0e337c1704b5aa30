"""Papers made up of those there are, for a site that is to have more: no two alike."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from datetime import date

from digest.model.papers import DateOrigin, Dump, PaperRecord
from digest.ranking.analysis import sentences, tokenize
from digest.sources.base import Page
from digest.sources.texts.normalize import title_key

SOURCE = "load"
_SENTENCES = 7  # of as many papers: what two made ones share is far from making them one
_LINKS = ("for", "with", "under", "beyond", "in")
_TRIES = 100


def made_page(texts: Sequence[tuple[str, str]], seed: int, day: date, count: int) -> Page:
    """Return a day's list of so many papers made of (title, abstract) pairs; the same each time."""
    name = f"load-seed{seed}-{count}-{day}.txt"
    checksum = hashlib.sha256(name.encode()).hexdigest()
    dump = Dump(SOURCE, name, checksum, day, DateOrigin.STATED, "made up")
    return Page(dump, _records(texts, random.Random(name), count))  # noqa: S311  the same each time


def _records(
    texts: Sequence[tuple[str, str]], dice: random.Random, count: int
) -> Iterator[PaperRecord]:
    titles = [parts for title, _ in texts if (parts := _halves(title))]
    bodies = [
        [text[start:end] for start, end in found] for _, text in texts if (found := sentences(text))
    ]
    known: set[str] = set()
    for position in range(1, count + 1):
        title = _title(titles, dice)
        for _ in range(_TRIES):
            if (key := title_key(title)) not in known:
                known.add(key)
                break
            title = _title(titles, dice)
        abstract = " ".join(dice.choice(dice.choice(bodies)) for _ in range(_SENTENCES))
        yield PaperRecord(position, title, abstract, title, abstract)


def _halves(title: str) -> tuple[str, str] | None:
    """Return how a title begins and how it ends, None for one of a word or two."""
    tokens = tokenize(title)
    if len(tokens) < 4:  # noqa: PLR2004  two words each
        return None
    middle = (len(tokens) + 1) // 2
    return title[: tokens[middle - 1].end], title[tokens[middle].start :]


def _title(titles: Sequence[tuple[str, str]], dice: random.Random) -> str:
    (first, _), (_, second), (_, third) = dice.choices(titles, k=3)
    return f"{first} {dice.choice(_LINKS)} {second}: {third}"
