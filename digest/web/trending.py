"""`/papers`: what was trending on a day, in the order of its list, or in a week, the best first."""

import re
from datetime import date, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.listings import Standing, standings_of_day, standings_of_days
from digest.rendering.incomplete import incomplete_now
from digest.store import papers
from digest.store.engine import Connection
from digest.store.lacking import lacking_now
from digest.store.listings import day_after, day_before, dumps_of_day, newest_day, places_between
from digest.web.paging import address_with, canonical, paging_of
from digest.web.site import Site, site_of

PAPERS = 20
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_NO_DAY = "There is no such day; one is written as in /papers?on=2026-03-17."
_NO_WEEK = "There is no such week; one is written as in /papers?week=2026-W12."


def show(request: Request) -> Response:
    """Return the papers of a day, by default the newest, or of a week."""
    site = site_of(request)
    if "week" in request.query_params:
        return _week_page(request, site, monday_of(request.query_params["week"]))
    with site.app.database.reading() as connection:
        newest = newest_day(connection)
        if "on" in request.query_params:
            return _day_page(request, site, connection, day_of(request.query_params["on"]))
        if newest is None:
            return site.page(
                "papers",
                day=None,
                week="",
                standings=[],
                incomplete=incomplete_now(lacking_now(connection)),
                url=canonical(site, "/papers", {}),
            )
        return _day_page(request, site, connection, newest)


def day_of(text: str) -> date:
    """Return the day that an address names; raises HTTPException, 404."""
    try:
        return date.fromisoformat(_matched(_DAY, text)[0])
    except ValueError:
        raise HTTPException(404, _NO_DAY) from None


def monday_of(text: str) -> date:
    """Return the first day of the ISO week that an address names; raises HTTPException, 404."""
    try:
        year, week = map(int, _matched(_WEEK, text).groups())
        monday = date.fromisocalendar(year, week, 1)
        monday + timedelta(days=6)  # its Sunday is a day, too
    except (ValueError, OverflowError):
        raise HTTPException(404, _NO_WEEK) from None
    return monday


def week_name(day: date) -> str:
    """Return the ISO week of a day, as addresses have it."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def _day_page(request: Request, site: Site, connection: Connection, day: date) -> Response:
    standings = standings_of_day(places_between(connection, day, day))
    query = {"on": day.isoformat()}
    before, after = day_before(connection, day), day_after(connection, day)
    return _page(
        request,
        site,
        connection,
        standings,
        query,
        day=day,
        week=week_name(day),
        dumps=dumps_of_day(connection, day),
        before=_link(site, {"on": before.isoformat()} if before else {}),
        after=_link(site, {"on": after.isoformat()} if after else {}),
    )


def _week_page(request: Request, site: Site, monday: date) -> Response:
    sunday = monday + timedelta(days=6)
    with site.app.database.reading() as connection:
        standings = standings_of_days(places_between(connection, monday, sunday))
        before, after = day_before(connection, monday), day_after(connection, sunday)
        return _page(
            request,
            site,
            connection,
            standings,
            {"week": week_name(monday)},
            day=monday,
            until=sunday,
            week="",
            dumps=[],
            before=_link(site, {"week": week_name(before)} if before else {}),
            after=_link(site, {"week": week_name(after)} if after else {}),
        )


def _page(
    request: Request,
    site: Site,
    connection: Connection,
    standings: list[Standing],
    query: dict[str, str],
    **shown: object,
) -> Response:
    paging = paging_of(request, site, "/papers", query, len(standings), PAPERS)
    here = standings[paging.here]
    listed = papers.listed_by_id(connection, [each.paper_id for each in here])
    by_id = {each.paper.id: each for each in listed}
    address = dict(query) if paging.number == 1 else {**query, "page": str(paging.number)}
    return site.page(
        "papers",
        200 if standings else 404,
        incomplete=incomplete_now(lacking_now(connection)) if shown["after"] == "" else "",
        count=len(standings),
        paging=paging,
        standings=[(each, by_id[each.paper_id]) for each in here if each.paper_id in by_id],
        url=canonical(site, "/papers", address),
        **shown,
    )


def _link(site: Site, query: dict[str, str]) -> str:
    return address_with(site, "/papers", query) if query else ""


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return found


ROUTES = (Route("/papers", show),)
