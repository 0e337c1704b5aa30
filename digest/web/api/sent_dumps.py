"""Lists of papers that an operator's program sends, in place of saving them in the watched folder."""

from datetime import date

from digest.errors import HeldError, SourceError
from digest.jobs import publish_feeds
from digest.pipeline.ingest import IngestReport
from digest.pipeline.uploaded import take_upload
from digest.web.api.endpoint import Call, Endpoint, File, Json, Made, Parameter
from digest.web.api.problems import Fault, Refusal, fault_of, invalid
from digest.web.api.schemas import DATE, ref
from digest.web.uploads import LONGEST_NAME, MOST_IN_WORDS

_HELD = (
    "It may be a broken page, so that it is held: a person decides, at the address in the sentence."
)


def take(call: Call) -> Json:
    """Take a list in, and publish it."""
    app = call.site.app
    day = date.fromisoformat(call.given["dated_on"]) if "dated_on" in call.given else None
    try:
        report = take_upload(app.database, call.file, call.operator, app.clock, dated_on=day)
    except HeldError as error:
        where = call.site.url(f"/admin/dumps/{error.number}" if error.number else "/admin/dumps")
        raise Refusal(409, f"{fault_of(error).detail} Decide at {where}.") from error
    except SourceError as error:
        sentence = fault_of(error).detail
        raise invalid([Fault(sentence, line=error.line)]) from error
    told = _as_json(report)
    if report.is_known:
        return told
    publish_feeds(app)
    return Made(told)


def _as_json(report: IngestReport) -> Json:
    return {
        "name": report.dump.name,
        "papers": report.papers,
        "new_papers": report.new_papers,
        "is_known": report.is_known,
        "dated_on": report.dump.dated_on.isoformat(),
        "date_origin": report.dump.date_origin.value,
        "layout": report.dump.layout,
        "warnings": [{"line": each.line, "problem": each.problem} for each in report.warnings],
    }


ENDPOINTS = (
    Endpoint(
        "POST",
        "/dumps",
        "sendDump",
        "Send a list of papers, saved as text or HTML",
        take,
        ref("TakenIn"),
        f"The body is the file itself, {MOST_IN_WORDS} at most. It is taken in whole or not at all; "
        "the same again is known, and changes nothing.",
        parameters=(
            Parameter(
                "name",
                {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
                "What the file is called.",
                "monday.txt",
            ),
            Parameter("dated_on", DATE, "The day of the list, if it does not say.", "2026-03-17"),
        ),
        file=File(("text/plain", "text/html"), "name"),
        is_operators=True,
        conflicts=_HELD,
        makes="It is taken in.",
    ),
)
