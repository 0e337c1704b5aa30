"""What is shown when a page cannot be: a sentence, and what to do next."""

import logging
import re
import secrets

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from digest.errors import TokenError, TooManyError
from digest.pipeline.steer import NotAReaderError
from digest.web.limits import retry_after
from digest.web.personal_paths import PURPOSES
from digest.web.security import add_headers
from digest.web.site import Site, site_of

logger = logging.getLogger(__name__)

_FEED_PATH = re.compile(r"/(feeds|f)/.*\.[a-z]+")


def broken_link(request: Request, error: Exception) -> Response:
    """Return the page of a link that does nothing: 410 if it once did, 404 if it never could."""
    site = site_of(request)
    status = 410 if _was_ours(site, request) else 404
    is_good = isinstance(error, NotAReaderError)
    title = "Nothing was changed" if is_good else "This link does not work"
    return site.page("error", status, title=title, message=str(error), code="")


def not_signed_in(request: Request, _error: Exception) -> Response:
    """Lead to the page on which one signs in."""
    return site_of(request).go_to("/sign-in")


def too_many(request: Request, error: Exception) -> Response:
    """Return when to come again: a page for people, a line for feed readers."""
    if not isinstance(error, TooManyError):
        raise error
    if _FEED_PATH.match(request.scope["path"]):
        page: Response = PlainTextResponse(f"{error}\n", 429)
    else:
        title = "That was too often"
        page = site_of(request).page("error", 429, title=title, message=str(error), code="")
    page.headers.update({"Retry-After": retry_after(error), "Cache-Control": "no-store"})
    return page


def http_error(request: Request, error: Exception) -> Response:
    """Return the page of an HTTP error."""
    if not isinstance(error, HTTPException):
        raise error
    titles = {404: "There is nothing here", 405: "That cannot be done here"}
    title = titles.get(error.status_code, "That did not work")
    message = error.detail if error.status_code == 404 else f"{error.detail}."  # noqa: PLR2004  our own
    if error.detail == "Not Found":
        message = "No page has this address. It may have been cut off in a mail."
    page = site_of(request).page("error", error.status_code, title=title, message=message, code="")
    page.headers.update(error.headers or {})
    return page


def failure(request: Request, _error: Exception) -> Response:
    """Return the page of a fault of ours, with a number that is in the log too.

    The log gets no address: it may hold a token. This answer is made outside of the guard.
    """
    code = secrets.token_hex(4)
    logger.error("a page failed, its reader was shown %s", code)
    title, message = "Something went wrong", "The fault is ours. Please try again in a minute."
    page = site_of(request).page("error", 500, title=title, message=message, code=code)
    add_headers(page.headers, request.url.path)
    return page


def _was_ours(site: Site, request: Request) -> bool:
    purpose = PURPOSES.get(request.scope["path"].split("/")[1])
    try:
        return purpose is not None and bool(
            site.app.tokens.verify(purpose, request.path_params.get("token", ""))
        )
    except TokenError:
        return False
