"""Statements are compiled once for all the databases of a server: each test has one of its own.

SQLAlchemy keeps what it compiled by engine and by dialect. In the program there is one of each; in
the tests there are thousands, and compiling the same statements anew was a tenth of all their work.
"""

from typing import Any

from sqlalchemy import URL, Engine, create_engine

from digest.store import engine as store

_ROOM = 5000
# An engine of each kind and server, which has been connected and so knows it.
_known: dict[tuple[str, str | None, int | None], Engine] = {}


def share_statements(url: str) -> None:
    """Let every Database of this server, or on SQLite, use what others of them have compiled."""
    engine = create_engine(url, query_cache_size=_ROOM)
    with engine.connect():
        _known.setdefault(_kind(engine), engine)
    engine.dispose()
    vars(store)["create_engine"] = _created


def _created(url: URL, **options: Any) -> Engine:
    engine = create_engine(url, **options)
    if known := _known.get(_kind(engine)):
        engine.dialect = known.dialect
        engine._compiled_cache = known._compiled_cache  # noqa: SLF001  there is no public way
    return engine


def _kind(engine: Engine) -> tuple[str, str | None, int | None]:
    return engine.url.drivername, engine.url.host, engine.url.port
