"""One oddity never shifts the papers after it: any page, any noise, the same papers."""

import random
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.sources.pages import HEADER_A, INVITATIONS_B, Pair, read_pairs

NOUNS = (
    "lantern", "harbour", "shadow", "network", "kernel", "graph", "policy", "embedding", "fleet",
    "diffusion", "retrieval", "transformer", "lattice", "signal", "protein", "theorem", "anchor",
)  # fmt: skip
ADJECTIVES = ("robust", "sparse", "latent", "causal", "foggy", "efficient", "universal", "deep")
JOINTS = ("for", "with", "of", "in", "via", "and")
BLANKS = ("", "", "", "\n", "\n\n", " \t\n")
VERBS = ("improves", "explains", "bounds", "predicts", "reduces", "extends", "measures")


Chance = random.Random


def title(chance: Chance, number: int) -> str:
    words = [chance.choice(ADJECTIVES), chance.choice(NOUNS)]
    for _ in range(chance.randint(1, 4)):
        words += [chance.choice(JOINTS), chance.choice(ADJECTIVES), chance.choice(NOUNS)]
    words = [word if word in JOINTS else word.capitalize() for word in words]
    words.append(f"{chance.choice(NOUNS)}-{number}".capitalize())
    if chance.random() < 0.5:
        words[0] = f"{words[0].upper()}:"
    return " ".join(words) + chance.choice(("", "", "", "?", " (Extended)"))


def abstract(chance: Chance, sentences: int) -> str:
    made = []
    for number in range(sentences):
        parts = [chance.choice(("The", "Our", "This", "A new", "Each"))]
        parts += [chance.choice(ADJECTIVES), chance.choice(NOUNS), chance.choice(VERBS)]
        parts += ["the", chance.choice(ADJECTIVES), chance.choice(NOUNS)]
        made.append(" ".join(parts) + f" which is needed in case {number}.")
    return " ".join(made)


def in_two(chance: Chance, text: str) -> str:
    """Break a text at one place, each part keeping five words at least."""
    words = text.split()
    at = chance.randint(5, len(words) - 5)
    return " ".join(words[:at]) + "\n" + " ".join(words[at:])


def noisy_page(chance: Chance) -> tuple[str, list[Pair]]:
    """Make a page with at most every third paper odd, and the papers it should give."""
    is_a = chance.random() < 0.5
    gap = "\n\n" if is_a else "\n"
    lines: list[str] = []
    expected: list[Pair] = []
    count = chance.randint(4, 10)
    for number in range(count):
        name, text = title(chance, number), abstract(chance, chance.randint(5, 14))
        oddity = chance.choice(("none", "split", "missing")) if number % 3 == 1 else "none"
        lines.append(name)
        if oddity == "missing" and number < count - 1:
            expected.append((name, ""))
            continue
        lines.append(in_two(chance, text) if oddity == "split" else text)
        expected.append((name, text))
    if not is_a:
        lines[0] = f"Subscribe{lines[0]}"
    page = gap.join((*(HEADER_A if is_a else INVITATIONS_B), ""))
    page += "".join(line + gap + chance.choice(BLANKS) for line in lines[:-1]) + lines[-1]
    page += chance.choice(("", "\n", "\n\n", "  "))
    return page.replace("\n", chance.choice(("\n", "\r\n", "\r"))), expected


# Made from a seed: Hypothesis would take a minute to draw every word of a page.
noisy_pages = st.integers(0, 1 << 32).map(lambda seed: noisy_page(random.Random(seed)))  # noqa: S311


@given(noisy_pages)
@settings(deadline=None, max_examples=100)
def test_noise_never_shifts_a_paper(made: tuple[str, list[Pair]]) -> None:
    page, expected = made
    with tempfile.TemporaryDirectory() as folder:
        assert read_pairs(Path(folder), page) == expected


@given(noisy_pages, st.floats(0, 1))
@example(noisy_page(random.Random(2464)), 0.03125)  # noqa: S311
@settings(deadline=None, max_examples=50)
def test_a_page_cut_anywhere_gives_the_papers_before_the_cut(
    made: tuple[str, list[Pair]], where: float
) -> None:
    page, expected = made
    third = page.find(expected[2][0]) + len(expected[2][0])
    cut = third + round(where * (len(page) - third))
    with tempfile.TemporaryDirectory() as folder:
        found = read_pairs(Path(folder), page[:cut])
    assert found[:2] == expected[:2]
    assert len(found) <= len(expected)


AWKWARD = (
    "we",
    "that",
    "is",
    "of",
    "the",
    "Lanterns",
    "are",
    "with",
    "harbours",
    "2",
    "and",
    "are:",
)


@given(
    st.lists(st.lists(st.sampled_from(AWKWARD), min_size=2, max_size=12), min_size=3, max_size=8)
)
@settings(deadline=None, max_examples=100)
def test_a_short_line_between_two_abstracts_is_a_title_however_it_reads(
    words: list[list[str]],
) -> None:
    chance = random.Random(1)  # noqa: S311
    expected = [(f"On {' '.join(line)}", abstract(chance, 9)) for line in words]
    page = "\n".join((*INVITATIONS_B, *(text for pair in expected for text in pair)))
    with tempfile.TemporaryDirectory() as folder:
        assert read_pairs(Path(folder), page) == expected
