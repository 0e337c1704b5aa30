"""A site with one reader, and papers for a few of her days."""

from collections.abc import Sequence

from digest import jobs
from digest.app import App
from digest.model.deliveries import DeliveryState
from digest.model.digests import Digest
from digest.model.papers import Paper
from digest.pipeline.deliver import deliver_due
from digest.pipeline.ingest import ingest
from digest.pipeline.subscribe import enrol
from digest.sources.base import Page
from digest.store import deliveries, digests, papers
from digest.web import build_web
from tests.conftest import HandClock
from tests.factories import make_dump, make_record, make_wishes
from tests.web.client import Client

ROADS = "Graph Neural Networks for Traffic on Roads"
ABOUT_ROADS = "Traffic on roads is forecast from the sensors along the roads of a city."
CITIES = "Graph Neural Networks Forecast Traffic"
ABOUT_CITIES = "Sensors along the roads tell the traffic of a city, and where it is to jam."
CELLS = "Graph Neural Networks for the Membranes of Living Cells"
ABOUT_CELLS = (
    "The membranes of living cells fold as their proteins bind, and bind as the proteins fold."
)


class Readers:
    """A site with one reader, day after day."""

    def __init__(self, app: App, clock: HandClock) -> None:
        self.app = app
        self.clock = clock
        self.client = Client(build_web(app), app.settings.public_url)
        self.ada = enrol(app.registry, "ada@example.org", make_wishes("graph neural networks"))

    def next_day(self, *texts: tuple[str, str]) -> list[str]:
        """Take in papers, compose and send; return the titles of the digest, best first."""
        records = [make_record(title, text, n) for n, (title, text) in enumerate(texts, start=1)]
        ingest(
            self.app.database,
            Page(make_dump(f"{self.clock.now:%d}.txt"), iter(records)),
            self.app.clock,
        )
        self.clock.advance(days=1)
        jobs.compose(self.app)
        deliver_due(self.app.sender())
        return [paper.title for paper in self.papers()]

    def digest(self) -> Digest:
        with self.app.database.reading() as connection:
            mail = deliveries.deliveries_of(connection, self.ada.id)[0]
            assert mail.state is DeliveryState.ACCEPTED
            assert mail.digest_id is not None
            return digests.digests_by_id(connection, [mail.digest_id])[mail.digest_id]

    def papers(self) -> Sequence[Paper]:
        entries = self.digest().entries
        with self.app.database.reading() as connection:
            found = papers.papers_by_id(connection, [each.paper_id for each in entries])
        return [found[each.paper_id] for each in entries]

    def press(self, wish: str, **form: str) -> None:
        """Follow a link of the best paper of the digest, and press the button."""
        token = self.app.links.steering_token(self.ada)
        url = self.app.links.steer(token, self.papers()[0], wish)
        assert self.client.get(url).status == 200
        answer = self.client.post(url, form)
        assert answer.status == 303
        assert self.client.get(answer.headers["location"]).status == 200
