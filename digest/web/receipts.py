"""`/account/receipts`: what happened on each day, and why, for the reader whose days they are."""

import re
from datetime import date, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.pipeline.receipt import receipt_of, receipts_of
from digest.pipeline.receipt_times import Times
from digest.web.sessions import signed_in
from digest.web.site import site_of

_DAY = re.compile(r"20\d{2}-\d{2}-\d{2}", re.ASCII)
_ONE = timedelta(days=1)


def show_days(request: Request) -> Response:
    """Return the last days of who is signed in, each in a line."""
    site = site_of(request)
    _, reader = signed_in(request)
    with site.app.database.reading() as connection:
        found = receipts_of(connection, reader, site.app.clock())
    return site.page("receipts", receipts=found, zone=reader.cadence.zone)


def show_day(request: Request) -> Response:
    """Return one day of who is signed in, in full."""
    site = site_of(request)
    _, reader = signed_in(request)
    day, now = day_of(request.path_params["date"]), site.app.clock()
    with site.app.database.reading() as connection:
        receipt = receipt_of(connection, reader, day, now)
    number = receipt.digest_id
    today = Times(day, reader.cadence.zone).on(now)
    return site.page(
        "receipt",
        receipt=receipt,
        zone=reader.cadence.zone,
        issue_url="" if number is None else site.local(site.app.links.issue(reader, number)),
        before=day - _ONE,
        after=day + _ONE if day < today else None,
    )


def day_of(text: str) -> date:
    """Return the day that stands in an address; raises HTTPException, 404, for anything else."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise HTTPException(404, "There is no such day: write one as 2026-03-17.")


ROUTES = (
    Route("/account/receipts", show_days),
    Route("/account/receipts/{date}", show_day),
)
