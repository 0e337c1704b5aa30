"""Every endpoint, asked by schemathesis with what its description allows and what it forbids.

All checks of schemathesis are on: among them that no answer is a fault of ours, that each is as
described (status, type, schema, headers), that sound data is taken, unsound data refused, and that
what needs a token is refused without.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import pytest

from digest.app import App, build_app
from digest.pipeline.archive import Archives
from digest.pipeline.ingest import ingest
from digest.pipeline.subscribe import enrol
from digest.ranking.warm import warm
from digest.sources.dumps.text import read_dump
from digest.store.engine import Database
from digest.web import build_web
from digest.web.buckets import Buckets
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.web.api_programs import token_of
from tests.web.conftest import settings_in

pytestmark = pytest.mark.slow

_EXPRESSIONS = (
    *("graph neural networks", '"case study"', "RAG", "diffusion + protein", "a | b"),
    *("retrieval -survey", "molecul*", "title:agents", "quantization^2", "caf\u00e9 \u65e5\u672c"),
)
_ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Apia")
# That a string is no keyword expression its format says, and no program can know: most strings are.
_BY_CHANCE = "violates `format`"


@pytest.fixture
def site(database: Database, tmp_path: Path, clock: HandClock, example_dumps: list[Path]) -> App:
    return _site(database, tmp_path, clock, example_dumps)


def _site(database: Database, folder: Path, clock: HandClock, dumps: list[Path]) -> App:
    built = build_app(replace(settings_in(folder), base_url="http://testserver"), clock)
    built.database.dispose()
    for path in dumps:
        ingest(database, read_dump(path, today=clock.now.date(), dated_on=clock.now.date()), clock)
    return replace(built, database=database, archives=Archives(database, clock))


def _findings(
    app: App, headers: dict[str, str], examples: int = 0
) -> tuple[list[str], Counter[int]]:
    """What schemathesis has against the API, and how often it was answered with which status.

    It always tries the edges of every schema; with `examples` as many random requests besides, and
    as many chains of requests that make use of what others answered.
    """
    # Its import takes half a second, which no other module's tests should wait for.
    import schemathesis  # noqa: PLC0415
    from hypothesis import strategies  # noqa: PLC0415
    from schemathesis import engine  # noqa: PLC0415
    from schemathesis.config import SchemathesisConfig  # noqa: PLC0415

    schemathesis.openapi.format("keyword-expression", strategies.sampled_from(_EXPRESSIONS))
    schemathesis.openapi.format("time-zone", strategies.sampled_from(_ZONES))
    # Without a token most of it is 401 either way: what is sound will do.
    mode = "all" if headers else "positive"
    generation = {
        "mode": mode,
        "deterministic": True,
        "max-examples": examples or 1,
        "database": "none",
    }
    phases = {name: {"enabled": examples > 0} for name in ("fuzzing", "stateful")}
    config = SchemathesisConfig.from_dict(
        {"generation": generation, "headers": headers, "phases": phases}
    )
    # First: what compiles in another thread reads sources as schemathesis does, and CPython 3.11 may
    # fail if two do at once ("AST constructor recursion depth mismatch").
    warm()
    web = build_web(app)
    web.state.site.corpus.recent([])
    web.state.calls = Buckets(inf, 1)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", web, config=config)
    schema.validate()
    found: list[str] = []
    answers = Counter[int]()
    for event in engine.from_schema(schema).execute():
        answers.update(_statuses(event))
        found.extend(_failures(event))
    return found, answers


def _statuses(event: Any) -> Iterator[int]:
    recorder = getattr(event, "recorder", None)
    for interaction in recorder.interactions.values() if recorder else ():
        if interaction.response is not None:
            yield interaction.response.status_code


def _failures(event: Any) -> Iterator[str]:
    if type(event).__name__ in {"NonFatalError", "FatalError"}:
        yield f"schemathesis itself failed: {vars(event)}"
    recorder = getattr(event, "recorder", None)
    for checks in recorder.checks.values() if recorder else ():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                if _BY_CHANCE not in failure.message:
                    told = (failure.operation, failure.title, failure.message)
                    yield "\n".join((*map(str, told), check.failure_info.code_sample))


def test_a_reader_with_a_token_gets_what_is_described(site: App) -> None:
    reader = enrol(site.registry, "ada@example.org", make_wishes("graph neural networks"))
    headers = {"Authorization": f"Bearer {token_of(site, reader)}"}
    found, answers = _findings(site, headers, examples=6 if site.database.is_sqlite else 0)
    assert not found, "\n\n".join(found)
    # It did get in, and it did try what must be refused.
    assert answers[200] > 50
    assert answers[204]
    assert answers[422] > 50


def test_anybody_gets_what_is_described(
    sqlite_database: Database, tmp_path: Path, clock: HandClock, example_dumps: list[Path]
) -> None:
    site = _site(sqlite_database, tmp_path, clock, example_dumps)
    found, answers = _findings(site, {})
    assert not found, "\n\n".join(found)
    assert answers[200]
    assert answers[401]
