"""`/` and `/subscribe`: today's papers, and the form that asks for them by mail."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.languages import preferred_language
from digest.pipeline.subscribe import subscribe
from digest.store import dumps, papers
from digest.web.forms import Filled, choices, empty_form, read_form
from digest.web.site import Form, Site, site_of, takes_form

# A list may have hundreds; a phone should not have to load them all.
_PAPERS = 50
_DIGITS = 6
# An answer to the form takes one step, or as many whole ones as it needs: a new reader costs the
# database more than one who is known, and a clock must not tell them apart.
STEP = 0.05


def show_home(request: Request) -> Response:
    """Return the newest list of papers, in its own order, beside the form."""
    site = site_of(request)
    page = request.query_params.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < _DIGITS else 1
    return _home(site, _empty(request), page=number)


def take_subscription(request: Request, form: Form) -> Response:
    """Put the mail that asks for confirmation on its way; the answer is the same for every address."""
    site = site_of(request)
    filled = read_form(form, _empty(request), with_address=True)
    if filled.wishes is None:
        return _home(site, filled, status=422)
    subscribe(site.app.registry, filled.values["address"], filled.wishes)
    return site.go_to("/subscribe/sent")


_take = takes_form(take_subscription)


async def take_in_step(request: Request) -> Response:
    """Answer the form, as late for one address as for another."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    answer = await _take(request)
    await asyncio.sleep(-(loop.time() - begun) % STEP)
    return answer


def show_sent(request: Request) -> Response:
    """Return the page that asks to look into the mailbox."""
    return site_of(request).page("sent")


def show_form(request: Request) -> Response:
    """Lead whoever reloads the page of a form they sent to an empty one."""
    return site_of(request).go_to("/")


def _empty(request: Request) -> Filled:
    """Return the form of a new reader, whose mails come in the language their browser asks for."""
    language = preferred_language(request.headers.get("accept-language", ""))
    return empty_form(site_of(request).app.settings.timezone, language)


def _home(site: Site, filled: Filled, status: int = 200, page: int = 1) -> Response:
    with site.app.database.reading() as connection:
        newest = dumps.newest_dump(connection)
        listed = papers.papers_of_dump(connection, newest.id) if newest else []
    pages = max(1, -(-len(listed) // _PAPERS))
    page = min(max(1, page), pages)
    answer = site.page(
        "home",
        status,
        dump=newest.dump if newest else None,
        count=len(listed),
        listed=listed[(page - 1) * _PAPERS : page * _PAPERS],
        page=page,
        pages=pages,
        **choices(filled),
    )
    answer.headers["Vary"] = "Accept-Language"
    return answer


ROUTES = (
    Route("/", show_home),
    Route("/subscribe", show_form),
    Route("/subscribe", take_in_step, methods=["POST"]),
    Route("/subscribe/sent", show_sent),
)
