"""A saved page that an operator sends, rather than saves in the watched folder."""

from datetime import date
from pathlib import Path

from digest.clock import Clock
from digest.errors import HeldError, SourceError
from digest.pipeline.held import take_file
from digest.pipeline.ingest import IngestReport
from digest.store import audit
from digest.store.engine import Connection, Database

_DEED = "upload dump"


def take_upload(
    database: Database, path: Path, operator: str, clock: Clock, *, dated_on: date | None = None
) -> IngestReport:
    """Take a page in, as `take_file` does, and write down who sent it and what became of it.

    What is taken in is written down in the same transaction. Raises HeldError and SourceError.
    """

    def note(connection: Connection, became: str) -> None:
        audit.note(connection, operator, _DEED, f"{path.name}: {became}", clock())

    def note_alone(became: str) -> None:
        with database.writing() as connection:
            note(connection, became)

    def beside(connection: Connection, report: IngestReport) -> None:
        note(connection, f"{report.papers} papers, {report.new_papers} new")

    try:
        report = take_file(database, path, clock, dated_on=dated_on, beside=beside)
    except HeldError as error:
        note_alone(f"held as {error.number}" if error.number else "held, too long to be kept")
        raise
    except SourceError as error:
        note_alone(f"refused, {error.problem}")
        raise
    if report.is_known:
        note_alone("known, nothing changed")
    return report
