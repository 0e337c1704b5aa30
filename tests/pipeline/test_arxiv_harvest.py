"""arXiv's three interfaces side by side on one site: a paper is one, listed once, and can be taken back."""

from digest.model.papers import PaperId, Scheme
from digest.pipeline.harvest import LookReport, look_at
from digest.sources.arxiv import api as arxiv_api
from digest.sources.arxiv import feed as arxiv_feed
from digest.sources.arxiv import oai as arxiv_oai
from digest.store import papers
from digest.store.engine import Database
from tests.conftest import HandClock
from tests.sources.arxiv_answers import api, api_entry, oai, oai_deleted, oai_record, rss, rss_item
from tests.sources.service import Asked, Reply, client_of, serving

TITLES = {"2603.00001": "Lanterns at Sea", "2603.00002": "Boats at Night"}


def answer(asked: Asked) -> Reply:
    if asked.path.startswith("/rss/"):
        items = [rss_item(f"{number}v1", title=title) for number, title in TITLES.items()]
        # A feed that is built anew each time says so in its tag.
        return Reply(rss(*items), headers={"ETag": f'"{id(asked)}"'})
    if asked.path == "/api/query":
        return Reply(api(*(api_entry(f"{n}v2", title=title) for n, title in TITLES.items())))
    return Reply(
        oai(
            oai_record("2603.00001", title="Lanterns at Sea, Again"),
            oai_record("2501.00001", created="2025-01-03", title="An Old Harbour"),
            oai_deleted("2603.00002"),
        )
    )


def test_a_paper_is_one_whichever_way_it_comes(database: Database, clock: HandClock) -> None:
    with serving(answer) as service:
        client = client_of(service)
        feed = arxiv_feed.open_source("cs.CL", client, {})
        search = arxiv_api.open_source("cat:cs.CL", client, {})
        records = arxiv_oai.open_source("cs", client, {})
        reports: list[LookReport] = []
        for source in (feed, feed, search, search, records, records):
            report = look_at(database, source, clock)
            assert report is not None
            reports.append(report)
            clock.advance(hours=12)
    assert [each.problem for each in reports] == [""] * 6
    assert [each.new_papers for each in reports] == [2, 0, 0, 0, 0, 0]
    assert [each.papers for each in reports] == [2, 0, 2, 0, 1, 0]
    gone = PaperId(Scheme.ARXIV, "2603.00002")
    with database.writing() as connection:
        assert papers.withdraw_papers(connection, [gone], clock()) == []  # it is already
