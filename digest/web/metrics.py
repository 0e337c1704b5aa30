"""`/metrics` for Prometheus: requests of this process, and how the site is by its database.

A registry of its own for every application: nothing is shared by what runs in one process.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest import __version__
from digest.app import App
from digest.model.deliveries import DeliveryState, Outcome
from digest.model.subscribers import SubscriberState
from digest.model.tallies import TallyKind
from digest.pipeline.overview import look_around
from digest.pipeline.watched import look_over
from digest.sources.base import Judged
from digest.store.tallies import last_tally
from digest.store.watching import attempts_since
from digest.web.admin.door import operator_of
from digest.web.client_address import is_from_here
from digest.web.site import site_of

logger = logging.getLogger(__name__)

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_HOUR = timedelta(hours=1)
_FORWARDED = frozenset({"x-forwarded-for", "forwarded", "x-real-ip", "via"})


class Meter:
    """Counts requests as they end, and reads the database when it is asked."""

    def __init__(self, app: App, sources: Sequence[Judged] = ()) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "digest_http_requests",
            "Requests that this process answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._durations = Histogram(
            "digest_http_request_duration_seconds",
            "How long answers of this process took.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        self._registry.register(_OfDatabase(app, sources))

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        key = (method, route, status)
        # There are as many as routes and statuses; to look labels up by name takes ten times as long.
        counter = self._counters.get(key)
        if counter is None:
            counter = self._counters[key] = self._requests.labels(method, route, str(status))
        counter.inc()
        histogram = self._histograms.get(route)
        if histogram is None:
            histogram = self._histograms[route] = self._durations.labels(route)
        histogram.observe(seconds)

    def text(self) -> bytes:
        """Return everything, as Prometheus reads it."""
        return generate_latest(self._registry)


class _OfDatabase(Collector):
    """How the site is, by the same short queries as the first page of operators."""

    def __init__(self, app: App, sources: Sequence[Judged]) -> None:
        self._app = app
        self._sources = sources

    def collect(self) -> Iterable[Metric]:
        """Yield what the database says; that it says nothing, too."""
        build = GaugeMetricFamily("digest_build_info", "Which version this is.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        try:
            found = list(self._found())
        except Exception:
            logger.exception("metrics cannot be read")
            found = []
        name = "digest_database_up"
        yield GaugeMetricFamily(name, "Whether the database answers.", value=bool(found))
        yield from found

    def _found(self) -> Iterable[Metric]:
        app = self._app
        facts = look_around(app.database, app.clock)
        with app.database.reading() as connection:
            attempts = attempts_since(connection, facts.now - _HOUR)
            readers = last_tally(connection, TallyKind.READERS)
            mails = last_tally(connection, TallyKind.DELIVERIES)
        yield _by(
            "digest_deliveries",
            "Mails that have not ended, by state.",
            "state",
            {state.value: count for state, count in facts.waiting.items()},
        )
        yield _by(
            "digest_deliveries_of_day",
            "Mails planned on the last day that was counted (once an hour), by state.",
            "state",
            {each.value: mails.get(each.value, 0) for each in DeliveryState if readers},
        )
        yield GaugeMetricFamily(
            "digest_due_age_seconds",
            "For how long the digest that has been due longest is not composed.",
            value=facts.due_age.total_seconds(),
        )
        yield GaugeMetricFamily(
            "digest_ready_age_seconds",
            "For how long the mail that has been due longest is due.",
            value=facts.ready_age.total_seconds(),
        )
        yield _by(
            "digest_attempts_last_hour",
            "Attempts of the last hour that did not end in plain acceptance, by outcome.",
            "outcome",
            {each.value: attempts.get(each.value, 0) for each in Outcome},
        )
        yield _by(
            "digest_readers",
            "Readers by state, counted once an hour.",
            "state",
            {each.value: readers[each.value] for each in SubscriberState if each.value in readers},
        )
        if facts.dump_age is not None:
            yield GaugeMetricFamily(
                "digest_dump_age_seconds",
                "Since when the last dump is here.",
                value=facts.dump_age.total_seconds(),
            )
        yield from self._of_sources()
        name = "digest_dumps_held"
        yield GaugeMetricFamily(name, "Lists that wait for a decision.", value=facts.held_dumps)
        name = "digest_workers"
        yield GaugeMetricFamily(name, "Workers that have mail in hand.", value=facts.workers)
        name = "digest_transports_down"
        yield GaugeMetricFamily(name, "Transports that are left alone.", value=len(facts.down))
        name = "digest_pauses"
        yield GaugeMetricFamily(name, "What is paused by operators.", value=len(facts.pauses))

    def _of_sources(self) -> Iterable[Metric]:
        app = self._app
        watched = look_over(app.database, self._sources, app.clock)
        if not watched:
            return
        now = app.clock()
        yield _by(
            "digest_source_lacking",
            "Whether a source is incomplete so far.",
            "source",
            {each.state.name: int(each.lacking is not None) for each in watched},
        )
        yield _by(
            "digest_source_failures",
            "Looks in a row at a source that failed.",
            "source",
            {each.state.name: each.state.failures for each in watched},
        )
        yield _by(
            "digest_source_answer_age_seconds",
            "Since when a source has not answered as it should.",
            "source",
            {
                each.state.name: (now - each.state.answered_at).total_seconds()
                for each in watched
                if each.state.answered_at is not None
            },
        )
        yield _by(
            "digest_source_papers",
            "Papers that a source lists under its newest day.",
            "source",
            {each.state.name: each.newest[1] for each in watched if each.newest},
        )
        yield _by(
            "digest_source_papers_usual",
            "Papers that a source usually lists under such a day.",
            "source",
            {each.state.name: each.usual for each in watched if each.usual is not None},
        )


def metrics(request: Request) -> Response:
    """Return the metrics, to whom DIGEST_METRICS says and to operators."""
    allowed = site_of(request).app.settings.metrics
    is_open = allowed == "public" or (allowed == "loopback" and _is_from_here(request))
    if allowed == "off" or not (is_open or operator_of(request)):
        raise HTTPException(404)
    meter: Meter = request.app.state.meter
    return Response(
        meter.text(), headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
    )


def _is_from_here(request: Request) -> bool:
    """Tell whether a program of this machine asks, and not a proxy on it for somebody elsewhere."""
    return is_from_here(request) and not _FORWARDED.intersection(request.headers)


def _by(name: str, says: str, label: str, counts: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, says, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


ROUTES = (Route("/metrics", metrics),)
