"""`/account/digests`: a reader's digests, newest first, each with what became of its mail."""

from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.receipts import Choice
from digest.pipeline.receipt import how_it_ended, is_out
from digest.pipeline.receipt_times import Times
from digest.store import receipts
from digest.web.receipts import day_of
from digest.web.sessions import signed_in
from digest.web.site import site_of

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A digest in the list; `url` is its page, "" while somebody holds it back."""

    choice: Choice
    title: str
    end: str
    url: str


def show(request: Request) -> Response:
    """Return a page of the digests of who is signed in."""
    site = site_of(request)
    _, reader = signed_in(request)
    asked = request.query_params.get("before")
    before = date.max if asked is None else day_of(asked)
    with site.app.database.reading() as connection:
        found = receipts.choices_before(connection, reader.id, before, PER_PAGE + 1)
        numbers = [each.number for each in found[:PER_PAGE]]
        mails = receipts.mails_of(connection, numbers)
        returned = receipts.returned_for(connection, [each.id for each in mails.values()])
        titles = receipts.first_papers(connection, numbers)
    rows = []
    for choice in found[:PER_PAGE]:
        mail = mails.get(choice.number)
        came_back = mail is not None and mail.id in returned
        times = Times(choice.period, reader.cadence.zone)
        url = site.local(site.app.links.issue(reader, choice.number)) if is_out(mail) else ""
        end = how_it_ended(mail, times, came_back=came_back)
        rows.append(Row(choice, titles.get(choice.number, "") if url else "", end, url))
    return site.page(
        "digests",
        rows=rows,
        zone=reader.cadence.zone,
        is_first=asked is None,
        older=found[PER_PAGE - 1].period if len(found) > PER_PAGE else None,
    )


ROUTES = (Route("/account/digests", show),)
