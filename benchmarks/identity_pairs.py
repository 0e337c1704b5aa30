"""Pairs of records that are one paper, or two, made of real or invented papers by named changes."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from digest.model.papers import PaperRecord
from digest.sources.texts.normalize import record_from

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_SHORTEST_ABSTRACT, _SHORTEST_TITLE = 400, 15
_LETTERS = ("alpha", "beta", "gamma")
_FILLERS = "novel efficient robust practical general adaptive scalable unified".split()  # noqa: SIM905  shorter so
_BRITISH = (("ization", "isation"), ("izing", "ising"), ("ized", "ised"), ("ize", "ise"),
            ("modeling", "modelling"), ("behavior", "behaviour"), ("center", "centre"),
            ("color", "colour"), ("catalog ", "catalogue "))  # fmt: skip


class Pair(NamedTuple):
    """Two records, the kind of change between them, and whether they are one paper."""

    kind: str
    one: PaperRecord
    other: PaperRecord
    is_one: bool


Change = Callable[[random.Random, str, str], tuple[str, str]]


def pairs_of(papers: Sequence[tuple[str, str]], dice: random.Random, each: int) -> Iterator[Pair]:
    """Yield pairs of (title, abstract) papers: `each` of every change, as many as there are."""
    whole = [
        paper
        for paper in papers
        if len(paper[1]) > _SHORTEST_ABSTRACT and len(paper[0]) > _SHORTEST_TITLE
    ]
    for kind, change in (*TITLES.items(), *ABSTRACTS.items(), *BOTH.items()):
        for title, abstract in dice.sample(whole, min(each, len(whole))):
            changed = change(dice, title, abstract)
            if kind == "as it was" or changed != (title, abstract):
                yield Pair(kind, _record(title, abstract), _record(*changed), is_one=True)
    for kind, hard in APART.items():
        for first, second in zip(
            dice.sample(whole, min(each, len(whole))),
            dice.sample(whole, min(each, len(whole))),
            strict=True,
        ):
            if first[0] != second[0]:
                one, other = hard(dice, first, second)
                yield Pair(kind, _record(*one), _record(*other), is_one=False)


def _record(title: str, abstract: str) -> PaperRecord:
    is_cut = abstract.endswith("\u2026")
    record = record_from(1, 1, title, abstract.rstrip("\u2026"), is_truncated=is_cut)
    return replace(record, ids=())


def _typo(dice: random.Random, title: str, abstract: str) -> tuple[str, str]:
    at = dice.randrange(1, len(title) - 1)
    way = dice.randrange(3)
    if way == 0:
        return title[:at] + title[at + 1 :], abstract
    if way == 1:
        return title[: at - 1] + title[at] + title[at - 1] + title[at + 1 :], abstract
    return title[:at] + dice.choice("etaoins") + title[at:], abstract


def _subtitle_dropped(_dice: random.Random, title: str, abstract: str) -> tuple[str, str]:
    return (title.split(":", maxsplit=1)[0] if ":" in title else title), abstract


def _name_dropped(_dice: random.Random, title: str, abstract: str) -> tuple[str, str]:
    return (title.split(":", 1)[1].strip() if ":" in title else title), abstract


def _subtitle_added(dice: random.Random, title: str, abstract: str) -> tuple[str, str]:
    return f"{title}: {dice.choice(_FILLERS).title()} Methods and Evidence", abstract


def _name_added(dice: random.Random, title: str, abstract: str) -> tuple[str, str]:
    return f"{dice.choice(_FILLERS)[:4].title()}Net: {title}", abstract


def _reworded(dice: random.Random, title: str, abstract: str) -> tuple[str, str]:
    words = title.split()
    for _ in range(max(1, len(words) // 4)):
        words[dice.randrange(len(words))] = dice.choice(_FILLERS).title()
    return " ".join(words), abstract


def _all_new(dice: random.Random, _title: str, abstract: str) -> tuple[str, str]:
    return f"Towards {' '.join(dice.sample(_FILLERS, 3)).title()} Systems", abstract


def _as_tex(_dice: random.Random, title: str, abstract: str) -> tuple[str, str]:
    for plain in _LETTERS:
        title = re.sub(plain, rf"$\\{plain}$", title, flags=re.IGNORECASE)
    words = title.split()
    words[-1] = rf"\emph{{{words[-1]}}}"
    return " ".join(words), abstract


def _hyphens(_dice: random.Random, title: str, abstract: str) -> tuple[str, str]:
    return title.replace("-", "\u2010").replace(" ", "  ") + ".", abstract


def _british(_dice: random.Random, title: str, abstract: str) -> tuple[str, str]:
    for american, british in _BRITISH:
        title, abstract = title.replace(american, british), abstract.replace(american, british)
    return title, abstract


def _sentence_added(dice: random.Random, title: str, abstract: str) -> tuple[str, str]:
    parts = _SENTENCE.split(abstract)
    parts.insert(dice.randrange(len(parts) + 1), "We also report what this costs in practice.")
    return title, " ".join(parts)


def _sentence_removed(dice: random.Random, title: str, abstract: str) -> tuple[str, str]:
    parts = _SENTENCE.split(abstract)
    parts.pop(dice.randrange(len(parts)))
    return title, " ".join(parts)


def _cut(dice: random.Random, title: str, abstract: str) -> tuple[str, str]:
    return title, abstract[: dice.randrange(120, len(abstract) - 20)] + "\u2026"


def _empty(_dice: random.Random, title: str, _abstract: str) -> tuple[str, str]:
    return title, ""


def _revised(share: float) -> Change:
    def change(dice: random.Random, title: str, abstract: str) -> tuple[str, str]:
        words = abstract.split()
        # Revisions come in runs of words, not in single ones.
        changed = 0
        while changed < share * len(words):
            at, run = dice.randrange(len(words)), dice.randrange(4, 12)
            for place in range(at, min(len(words), at + run)):
                if not words[place].startswith("\0"):
                    words[place] = "\0" + dice.choice(_FILLERS)
                    changed += 1
        return title, " ".join(word.lstrip("\0") for word in words)

    return change


def _both(first: Change, second: Change) -> Change:
    def change(dice: random.Random, title: str, abstract: str) -> tuple[str, str]:
        changed, _ = first(dice, title, abstract)
        _, other = second(dice, title, abstract)
        return (changed, other) if changed != title else (title, abstract)

    return change


TITLES: dict[str, Change] = {
    "as it was": lambda _dice, title, abstract: (title, abstract),
    "case": lambda _dice, title, abstract: (title.upper(), abstract),
    "typo": _typo,
    "subtitle dropped": _subtitle_dropped,
    "name dropped": _name_dropped,
    "subtitle added": _subtitle_added,
    "name added": _name_added,
    "title reworded": _reworded,
    "another title": _all_new,
    "LaTeX": _as_tex,
    "hyphens, blanks, stop": _hyphens,
    "version in brackets": lambda _dice, title, abstract: (f"{title} (v2)", abstract),
    "version": lambda _dice, title, abstract: (f"{title} v2", abstract),
    "British spelling": _british,
}
ABSTRACTS: dict[str, Change] = {
    "sentence added": _sentence_added,
    "sentence removed": _sentence_removed,
    "cut off": _cut,
    "no abstract": _empty,
    "a fifth revised": _revised(0.2),
    "two fifths revised": _revised(0.4),
    "three fifths revised": _revised(0.6),
}
BOTH: dict[str, Change] = {
    "typo, a fifth revised": _both(_typo, _revised(0.2)),
    "subtitle dropped, two fifths revised": _both(_subtitle_dropped, _revised(0.4)),
    "subtitle dropped, cut off": _both(_subtitle_dropped, _cut),
    "name added, a fifth revised": _both(_name_added, _revised(0.2)),
    "title reworded, sentence added": _both(_reworded, _sentence_added),
    "another title, sentence removed": _both(_all_new, _sentence_removed),
}

Two = tuple[tuple[str, str], tuple[str, str]]
Hard = Callable[[random.Random, tuple[str, str], tuple[str, str]], Two]


def _generic(dice: random.Random, one: tuple[str, str], other: tuple[str, str]) -> Two:
    title = dice.choice(["Editorial", "Introduction", "Preface", "Guest Editorial", "Overview"])
    return (title, one[1]), (title, other[1])


def _parts(_dice: random.Random, one: tuple[str, str], other: tuple[str, str]) -> Two:
    half = len(one[1]) // 2
    return (f"{one[0]}, Part I", one[1]), (f"{one[0]}, Part II", one[1][:half] + other[1][half:])


def _series(_dice: random.Random, one: tuple[str, str], other: tuple[str, str]) -> Two:
    name = " ".join(one[0].split()[:4])
    begin = f"This is the report of the yearly workshop on {name}, its papers and its results. "
    title = f"Proceedings of the Workshop on {name}"
    return (f"{title} 2023", begin + one[1][:300]), (f"{title} 2024", begin + other[1][:300])


def _comment(_dice: random.Random, one: tuple[str, str], other: tuple[str, str]) -> Two:
    quoted = _SENTENCE.split(one[1])[0]
    return one, (f"Comment on '{one[0]}'", f"{quoted} We show that this does not hold. {other[1]}")


def _reply(_dice: random.Random, one: tuple[str, str], other: tuple[str, str]) -> Two:
    return one, (f"Reply to: {one[0]}", other[1])


def _erratum(_dice: random.Random, one: tuple[str, str], _other: tuple[str, str]) -> Two:
    return one, (f"Erratum: {one[0]}", one[1][:250])


def _template(_dice: random.Random, one: tuple[str, str], other: tuple[str, str]) -> Two:
    start = (
        "In this paper we present a new approach to a problem of long standing. Extensive "
        "experiments show that it improves on the state of the art by a large margin. "
    )
    return (one[0], start + one[1][:400]), (other[0], start + other[1][:400])


def _same_name(_dice: random.Random, one: tuple[str, str], other: tuple[str, str]) -> Two:
    name = one[0].split()[0]
    return (f"{name}Net: {one[0]}", one[1]), (f"{name}Net: {other[0]}", other[1])


APART: dict[str, Hard] = {
    "any two": lambda _dice, one, other: (one, other),
    "one generic title": _generic,
    "part I and part II": _parts,
    "numbered series": _series,
    "comment on it": _comment,
    "reply to it": _reply,
    "erratum of it": _erratum,
    "template abstract": _template,
    "one name, two papers": _same_name,
}
