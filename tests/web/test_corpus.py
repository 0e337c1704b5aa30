"""One analysis of the newest papers, for all who ask."""

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from digest.app import App
from digest.errors import ExpressionError
from digest.model.papers import PaperId, Scheme
from digest.pipeline.ingest import ingest
from digest.pipeline.similar import similar_to
from digest.sources.base import Page
from digest.store.papers import withdraw_papers
from digest.web import build_web
from digest.web.corpus import Corpus, whole_dumps
from tests.factories import make_dump, make_record
from tests.ranking.batches import listed, paper
from tests.web.conftest import NOW


@pytest.fixture
def corpus(app: App) -> Corpus:
    return Corpus(app.database, app.archives)


def take_in_a_paper(app: App, *ids: PaperId) -> None:
    record = make_record("Zebra fish", "Zebra fish swim in the river and back. " * 9, ids=ids)
    ingest(
        app.database,
        Page(make_dump("zebra.txt", checksum="z"), iter([record])),
        app.clock,
        anyway=True,
    )


def found(corpus: Corpus, expression: str) -> int:
    return corpus.previews([expression], NOW)[0].found.matched


def test_feeds_and_previews_ask_the_same_papers(corpus: Corpus) -> None:
    assert found(corpus, "graph neural networks") == len(
        corpus.matching("graph neural networks", 99)
    )
    analysed = corpus._analysed  # noqa: SLF001  what is kept
    found(corpus, "RAG")
    assert corpus._analysed is analysed  # noqa: SLF001


def test_a_new_dump_is_asked_at_once(app: App, corpus: Corpus) -> None:
    assert found(corpus, "zebra fish") == 0
    take_in_a_paper(app)
    assert found(corpus, "zebra fish") == 1
    assert [each.paper.title for each in corpus.matching("zebra fish", 9)] == ["Zebra fish"]


def test_what_is_taken_back_is_found_no_more_though_no_dump_came(app: App, corpus: Corpus) -> None:
    fish = PaperId(Scheme.ARXIV, "2603.00001")
    take_in_a_paper(app, fish)
    assert found(corpus, "zebra fish") == 1
    with app.database.writing() as connection:
        assert withdraw_papers(connection, [fish], app.clock() + timedelta(minutes=1))
    assert found(corpus, "zebra fish") == 0


def test_nobody_waits_while_another_loads_what_is_new(app: App, corpus: Corpus) -> None:
    assert found(corpus, "zebra fish") == 0
    take_in_a_paper(app)
    with corpus._lock:  # noqa: SLF001  as whoever loads does
        asking = threading.Thread(target=found, args=(corpus, "zebra fish"))
        asking.start()
        asking.join(10)
        assert not asking.is_alive()
        assert found(corpus, "zebra fish") == 0
    assert found(corpus, "zebra fish") == 1


def test_what_cannot_be_read_loads_nothing(corpus: Corpus) -> None:
    with pytest.raises(ExpressionError):
        corpus.previews(["fine", "a | | b"], NOW)
    assert corpus._analysed is None  # noqa: SLF001


def test_a_dump_that_the_limit_cuts_does_not_count() -> None:
    newest = listed(paper(4), paper(5), dump_id=2)
    oldest = listed(paper(1), paper(2), paper(3), dump_id=1)
    assert whole_dumps([*newest, *oldest], 6) == [*newest, *oldest]
    assert whole_dumps([*newest, *oldest][:4], 4) == newest
    assert whole_dumps(oldest[:2], 2) == oldest[:2]
    assert whole_dumps([], 2) == []


def test_a_server_that_begins_analyses_the_papers_before_anybody_asks(app: App) -> None:
    web = build_web(app)
    corpus = Corpus(app.database, app.archives, now=lambda: 0.0)
    object.__setattr__(web.state.site, "corpus", corpus)

    begin_and_end(web)
    assert corpus._analysed is not None  # noqa: SLF001  what is kept


def test_a_server_begins_without_a_table_too(app: App, caplog: pytest.LogCaptureFixture) -> None:
    with app.database.writing() as connection:
        connection.execute(text("ALTER TABLE papers RENAME TO gone"))
    begin_and_end(build_web(app))
    assert "could not be analysed" in caplog.text


def begin_and_end(web: Starlette) -> None:
    async def serve() -> None:
        async with web.router.lifespan_context(web):
            pass

    asyncio.run(serve())


def test_the_paper_that_one_turned_out_to_be_is_not_told_as_like_it(corpus: Corpus) -> None:
    recent = corpus.recent([])
    older = recent.listed[0].paper
    younger = replace(older, id=9_999, key="another")
    assert older in [each.paper for each in similar_to(younger, recent)]
    folded = replace(younger, same_as=older.id)
    assert older not in [each.paper for each in similar_to(folded, recent)]
