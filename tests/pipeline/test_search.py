"""The search of the archive: whatever ranking's matcher finds among all papers, and nothing else."""

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from digest.errors import ExpressionError
from digest.model.papers import Paper, PaperRecord
from digest.pipeline.ingest import ingest
from digest.pipeline.marking import mark_the_rest
from digest.pipeline.search import Known, PaperSearch
from digest.ranking.archive import Archive
from digest.ranking.query import parse
from digest.ranking.search import Search
from digest.sources.base import Page
from digest.sources.dumps.text import read_dump
from digest.store.engine import Database
from digest.store.papers import newest_papers
from digest.store.tables import paper_marks, papers
from tests.conftest import HandClock, close_database, open_database
from tests.factories import make_dump, make_record, numbered

NOW = datetime(2026, 3, 18, 6, 0, tzinfo=UTC)

EXPRESSIONS = (
    "graph neural networks",
    '"graph neural network"',
    '="networks"',
    "RAG",
    "LLM",
    "LLMs",
    "QoE",
    "3D",
    "large language model",
    "retrieval-augmented generation",
    "retrieval augmented generation (RAG)",
    "dataset",
    "data set",
    "data-sets",
    "multimodal",
    "multi modal",
    "multi-modal models",
    "diffus*",
    "multi-mod*",
    "gen* model",
    "stud*",
    "title:learning",
    "title:multi*",
    'title:"language models"',
    "title:LLM",
    "author:lovelace",
    "author:a lovelace",
    'author:"ada l"',
    "cat:cs.CL",
    "cat:cs.*",
    "cat:hep-*",
    "privacy | fairness",
    "diffusion + video",
    "model -survey",
    'learning -"reinforcement learning" -agents',
    "of the",
    "to be or not",
    "state of the art",
    "C++ | C#",
    "na\u00efve bayes",
    "\u03b1",
    "self-supervised",
    "pretraining",
    "pre training",
    "benchmark^2",
    "gnn",
    "ai",
    "ids",
    "the*",
    "x.509",
    "\u00fcber | caf\u00e9",
)
VOCABULARY = (
    "graph neural network networks data set dataset datasets data-set multi modal multimodal "
    "Multi-Modal RAG RAGs LLM LLMs GNN (GNN) retrieval augmented generation generative general "
    "diffusion diffuse learning the of and to not be survey video 3D 2d QoE quality experience "
    "privacy fairness C++ C# na\u00efve caf\u00e9 \u03b1-helix study studies studying dying pre training "
    "pretraining self-supervised re use reuse x.509 state-of-the-art AI AIs IDs id bus buses"
)
WORDS = VOCABULARY.split()


def record(random_: random.Random, number: int) -> PaperRecord:
    def text(length: int) -> str:
        words = random_.choices(WORDS, k=length)
        return " ".join(word + (". A" if random_.random() < 0.1 else "") for word in words)

    authors = random_.choices(["Ada Lovelace", "A. Lovelace", "Grace B. Hopper", "Al Lov"], k=2)
    categories = random_.choices(["cs.CL", "cs.CV", "hep-th", "CS.LG", "stat.ML"], k=2)
    return make_record(
        f"{text(5)} {number}",
        text(random_.randrange(4, 30)),
        position=number,
        authors=tuple(authors),
        categories=tuple(categories),
    )


phrases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
terms = st.one_of(
    phrases,
    phrases.map(lambda phrase: f'"{phrase}"'),
    phrases.map(lambda phrase: f'="{phrase}"'),
    phrases.map(lambda phrase: f"title:{phrase}"),
    st.sampled_from(WORDS).map(lambda word: f"{word[:4]}*"),
    st.sampled_from(["author:lovelace", "author:a", "cat:cs.*", "cat:cs.LG", "QoE", "GNNs"]),
)


@st.composite
def expressions(draw: st.DrawFn) -> str:
    text: str = draw(terms)
    for operator in draw(st.lists(st.sampled_from("|+"), max_size=2)):
        text += f" {operator} {draw(terms)}"
    if draw(st.booleans()):
        text += f' -"{draw(phrases)}"'
    return text


class Searched:
    """A database of papers, and the matcher over all of them at once."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.reading() as connection:
            self.papers: list[Paper] = [each.paper for each in newest_papers(connection, 100_000)]
        archive = Archive.of([(each.title, each.abstract) for each in self.papers], is_latent=False)
        self.known = Known(archive, archive.acronyms)
        self.everything = Search(self.papers, archive)
        self.search = PaperSearch(database, most=len(self.papers))

    def matched(self, expression: str) -> dict[int, int]:
        parsed = parse(expression)
        if not parsed.alternatives:
            return {}
        hits = self.everything.hits([parsed.key])
        points = hits.points.tolist()
        return {self.papers[n].id: p for n, p in zip(hits.papers.tolist(), points, strict=True)}

    def found(self, expression: str) -> dict[int, int]:
        return dict(self.search.find(expression, self.known).points)


def take_in(database: Database, records: list[PaperRecord], clock: HandClock, name: str) -> None:
    ingest(database, Page(make_dump(name), iter(records), []), clock)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def generated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Searched]:
    """Three hundred papers of few words, so that everything stands in several."""
    database = open_database(request, tmp_path_factory.mktemp("generated"), request.param)
    chance = random.Random(7)  # noqa: S311  no secret
    clock = HandClock(NOW)
    take_in(database, [record(chance, n) for n in range(1, 301)], clock, "a.txt")
    yield Searched(database)
    close_database(database)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def real(
    request: pytest.FixtureRequest,
    real_dumps: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Searched]:
    """The papers of the real dumps."""
    database = open_database(request, tmp_path_factory.mktemp("real"), request.param)
    for path in real_dumps:
        ingest(
            database, read_dump(path, today=NOW.date(), dated_on=date(2026, 3, 17)), HandClock(NOW)
        )
    yield Searched(database)
    close_database(database)


def test_the_archive_is_searched_as_it_is_matched(generated: Searched) -> None:
    met = [each for each in EXPRESSIONS if generated.matched(each)]
    assert len(met) > len(EXPRESSIONS) // 2
    for each in EXPRESSIONS:
        assert generated.found(each) == generated.matched(each), each


@given(asked=expressions())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_expression_finds_what_the_matcher_does(generated: Searched, asked: str) -> None:
    try:
        expected = generated.matched(asked)
    except ExpressionError:
        return
    assert generated.found(asked) == expected


@given(
    asked=st.one_of(
        st.text(max_size=90),
        st.text("ab*\"'()&|!<>:^+-~{}[]\\,.%$@?# \u0301\u00b4", max_size=40),
        st.lists(
            st.sampled_from(
                ["NEAR(", "NOT", "AND", "a*", '"', "title:", "marks:x", "cat:", "--", "'"]
            )
        ).map(" ".join),
    )
)
@settings(max_examples=150, deadline=None)
def test_no_text_makes_the_database_fail(generated: Searched, asked: str) -> None:
    with suppress(ExpressionError):
        assert generated.found(asked) == generated.matched(asked)


def test_real_papers_are_searched_as_they_are_matched(real: Searched) -> None:
    titles = [" ".join(paper.title.split()[:3]) for paper in real.papers[::30]]
    words = sorted({word for paper in real.papers for word in paper.abstract.split()})[::400]
    count = 0
    for each in (*EXPRESSIONS, *titles, *words, *(f"{word[:4]}*" for word in words)):
        with suppress(ExpressionError):
            expected = real.matched(each)
            count += bool(expected)
            assert real.found(each) == expected, each
    assert count > len(titles)


def test_few_papers_are_read_for_what_few_have(real: Searched) -> None:
    """What narrows must not let everything through, or nothing would be gained."""
    read = sum(real.search.find(each, real.known).looked_at for each in EXPRESSIONS)
    matched = sum(len(real.matched(each)) for each in EXPRESSIONS)
    assert read < matched + len(EXPRESSIONS) * len(real.papers) / 10


def test_the_best_come_first_and_of_equals_the_newest(database: Database, clock: HandClock) -> None:
    old, new = (make_record(f"{n} of zebra fish", position=1) for n in ("First", "Another"))
    take_in(database, [old], clock, "a.txt")
    take_in(database, [new, make_record("Fish", "A zebra, far off.", position=2)], clock, "b.txt")
    searched = Searched(database)
    results = searched.search.explained(
        "zebra fish", searched.known, [*searched.found("zebra fish")]
    )
    assert [each.listed.paper.title for each in results] == [
        "Another of zebra fish",
        "First of zebra fish",
    ]
    shown = results[0].reason
    assert [shown.sentence[start:end] for start, end in shown.spans] == ["zebra fish"]


def test_what_is_read_for_one_search_is_bounded(database: Database, clock: HandClock) -> None:
    take_in(database, numbered(f"Zebra {n}" for n in range(30)), clock, "a.txt")
    known = Searched(database).known
    found = PaperSearch(database, most=10).find("zebra", known)
    assert (found.looked_at, len(found.points), found.is_cut) == (10, 10, True)
    assert min(found.points) > 20
    found = PaperSearch(database, most=30).find("zebra", known)
    assert (found.looked_at, len(found.points), found.is_cut) == (30, 30, False)


def test_a_paper_is_found_as_soon_as_it_is_listed(database: Database, clock: HandClock) -> None:
    now = [0.0]
    take_in(database, [make_record("Zebra one")], clock, "a.txt")
    known = Searched(database).known
    search = PaperSearch(database, now=lambda: now[0])
    assert len(search.find("zebra", known).points) == 1
    take_in(database, [make_record("Zebra two")], clock, "b.txt")
    assert len(search.find("zebra", known).points) == 2


def test_a_completed_paper_is_found_by_its_new_words(database: Database, clock: HandClock) -> None:
    start = "We study fish and " * 12
    torn = make_record("Zebra", start, is_truncated=True)
    take_in(database, [torn], clock, "a.txt")
    clock.advance(hours=1)
    take_in(database, [make_record("Zebra", start + " quaggas.")], clock, "b.txt")
    assert len(Searched(database).found("quagga")) == 1


def test_what_the_release_before_writes_is_found_later(
    database: Database, clock: HandClock
) -> None:
    take_in(database, numbered(["Zebra one", "Zebra two", "Zebra three"]), clock, "a.txt")
    with database.writing() as connection:
        one, two, _ = connection.execute(select(papers.c.id).order_by(papers.c.id)).scalars()
        # One was written without marks, one completed without.
        connection.execute(delete(paper_marks).where(paper_marks.c.paper_id == one))
        later = clock() + timedelta(hours=1)
        change = update(papers).where(papers.c.id == two)
        connection.execute(change.values(abstract="A quagga.", updated_at=later))
        connection.execute(
            update(paper_marks).where(paper_marks.c.paper_id > two).values(version=0)
        )

    assert mark_the_rest(database) == 3
    assert mark_the_rest(database) == 0
    searched = Searched(database)
    assert len(searched.found("zebra")) == 3
    assert [*searched.found("quagga")] == [two]


def test_an_exclusion_alone_finds_nothing(generated: Searched) -> None:
    assert generated.found("-survey") == {}


def test_what_was_found_is_remembered_for_a_minute(database: Database, clock: HandClock) -> None:
    now = [0.0]
    take_in(database, [make_record("Zebra")], clock, "a.txt")
    known = Searched(database).known
    search = PaperSearch(database, now=lambda: now[0])
    found = search.find("zebra", known)
    assert search.find("ZEBRA^2".lower(), known) is found
    now[0] += 61
    assert search.find("zebra", known) is not found
