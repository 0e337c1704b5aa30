import re
from itertools import chain
from pathlib import Path

import pytest

from digest.model.digests import MatchKind
from digest.model.papers import ListedPaper
from digest.ranking.batch import Batch
from digest.ranking.rank import rank
from tests.ranking.batches import NOW, listed, matches, paper, profile


def _pairs(dump: Path) -> list[tuple[str, str]]:
    """Return titles and abstracts: after five lines of a header, or after two and a glued word."""
    lines = [line.strip() for line in dump.read_text("utf-8").splitlines() if line.strip()]
    lines = lines[5:] if lines[0] == "new" else [lines[2].removeprefix("Subscribe"), *lines[3:]]
    return list(zip(lines[::2], lines[1::2], strict=False))


@pytest.fixture(scope="module")
def papers(real_dumps: list[Path]) -> list[ListedPaper]:
    pairs = dict(chain.from_iterable(map(_pairs, real_dumps)))
    return listed(*(paper(n, *pair) for n, pair in enumerate(pairs.items(), start=1)))


@pytest.fixture(scope="module")
def corpus(papers: list[ListedPaper]) -> Batch:
    return Batch(each.paper for each in papers)


def _found(corpus: Batch, expression: str) -> set[int]:
    return set(matches(corpus, expression))


@pytest.mark.parametrize("expression", ["rag", "RAG"])
def test_rag_finds_no_paper_that_has_it_inside_a_word_only(corpus: Batch, expression: str) -> None:
    found = _found(corpus, expression)
    texts = [f"{each.title} {each.abstract}" for each in corpus.papers]
    inside = {
        n for n, text in enumerate(texts) if re.search(r"\Brag|rag\B(?!s\b)", text, re.IGNORECASE)
    }
    whole = {n for n, text in enumerate(texts) if re.search(r"\bRAGs?\b", text, re.IGNORECASE)}
    assert found == whole
    assert inside - whole


@pytest.mark.parametrize(
    "spellings",
    [
        ("multi-modal", "multimodal", "multi modal"),
        ("pre-training", "pretraining", "pre training"),
        ("fine-tuning", "finetuning", "fine tuning"),
    ],
)
def test_spellings_find_the_same_papers(corpus: Batch, spellings: tuple[str, ...]) -> None:
    first, *others = (_found(corpus, spelling) for spelling in spellings)
    assert first
    assert all(other == first for other in others)


@pytest.mark.parametrize(
    ("short", "long"), [("GNN", "graph neural networks"), ("LLM", "large language models")]
)
def test_acronym_and_long_form_find_each_others_papers(
    corpus: Batch, short: str, long: str
) -> None:
    by_short, by_long = matches(corpus, short), matches(corpus, long)
    assert any(match.kind is MatchKind.ACRONYM for match in by_short.values())
    assert any(match.kind is MatchKind.ACRONYM for match in by_long.values())
    assert set(by_short) == {n for n, m in by_long.items() if m.kind is not MatchKind.NEAR}


def test_every_reason_marks_its_words_in_a_sentence_of_its_paper(papers: list[ListedPaper]) -> None:
    by_id = {each.paper.id: each.paper for each in papers}
    wanted = profile(
        "diffusion models", "LLM", "reinforcement learning + reward", "graph*", limit=30
    )
    (found,) = rank(papers, [wanted], NOW)
    assert len(found.entries) == 30
    for entry in found.entries:
        text = f"{by_id[entry.paper_id].title}\n{by_id[entry.paper_id].abstract}"
        for reason in entry.reasons:
            assert reason.sentence.strip("\u2026") in text
            assert reason.spans
