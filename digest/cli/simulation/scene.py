"""Where a simulation plays: a site of its own with readers who are due, and a clock that runs fast."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest import jobs
from digest.app import App, build_app
from digest.config import Settings
from digest.errors import StoreError
from digest.model.subscribers import Address, Wishes
from digest.pipeline.ingest import ingest
from digest.pipeline.wishes import read_cadence, read_interests
from digest.resources import resource_folder
from digest.sources.dumps.text import read_dump
from digest.store import subscribers
from digest.store.proving import is_empty
from digest.store.schema import upgrade

# A Wednesday. The same mails for the same readers whenever it runs.
START = datetime(2026, 1, 7, 8, 0, tzinfo=UTC)
# All of them reserved (RFC 2606): should anybody deliver from such a database, nobody gets it.
_DOMAINS = ("example.org", "example.com", "example.net", "university.example", "lab.example")
_KEYWORDS = (
    ("graph neural networks", "diffusion models"),
    ("large language models", "reinforcement learning"),
    ("transformers", "molecul*"),
)
# Weekly, so that no mail is too late before a week of the fast clock is over.
_CADENCE = read_cadence("weekly", "07:00", "UTC", "Wednesday")
_PAPERS = 5
# Nothing outside depends on it, and the mails are to be the same bytes in every run.
_SECRET = "of a simulation, and no secret at all"  # noqa: S105


def addresses(readers: int) -> list[str]:
    """Return the addresses of so many readers, in several domains."""
    return [f"reader{number}@{_DOMAINS[number % len(_DOMAINS)]}" for number in range(readers)]


def settings_of(folder: Path, database_url: str, port: int) -> Settings:
    """Return the settings of a site in a folder that sends to a port of this machine."""
    return Settings(
        data_dir=str(folder),
        database_url=database_url,
        base_url="http://digest.example.org",
        secret=_SECRET,
        mail=f"smtp://127.0.0.1:{port}",
        starttls="never",
        ehlo_name="localhost",
        mail_from="digest@example.org",
    )


def open_site(settings: Settings) -> App:
    """Return the site, its clock at the start, in a database that has been empty until now.

    Raises StoreError for one that is not, and for one that cannot be reached.
    """
    app = build_app(settings, lambda: START)
    if not is_empty(app.database):
        app.database.dispose()
        raise StoreError("this database has tables: a simulation needs an empty one of its own")
    upgrade(app.database)
    return app


def fill(app: App, readers: int) -> int:
    """Take in the example dumps and so many readers, and compose; return how many mails are due."""
    for path in sorted((resource_folder("examples") / "dumps").glob("*.txt")):
        ingest(app.database, read_dump(path, today=START.date()), app.clock, anyway=True)
    long_ago, due_at = START - timedelta(days=8), START - timedelta(hours=1)
    with app.database.writing() as connection:
        for number, address in enumerate(addresses(readers)):
            interests = read_interests(_KEYWORDS[number % len(_KEYWORDS)])
            wishes = Wishes(interests, _CADENCE, _PAPERS)
            known = Address(address, address)
            reader = subscribers.add_subscriber(connection, known, wishes, long_ago)
            subscribers.activate(connection, reader, long_ago, due_at, 0)
    return jobs.compose(app).composed
