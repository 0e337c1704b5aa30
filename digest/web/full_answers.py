"""How often a network may have the same bytes again, whole: for feed readers that never ask first.

Counted in the process and not in the database: a whole feed is a matter of microseconds, and a
write for each would have SQLite's other writers wait.
"""

from starlette.requests import Request

from digest.web.client_address import network_of

MOST, SPAN = 60.0, 3600.0
# Who shows an older tag has come for what is new, as good readers do: a university has many of them.
_COST_OF_NEWS = 0.1


def check_full_answer(request: Request, etag: str) -> None:
    """Count bytes that are about to be sent; raises TooManyError. A 304 or a HEAD never comes here."""
    network = network_of(request) if "app" in request.scope else ""
    if not network:
        return
    headers = request.headers
    is_polite = "if-none-match" in headers or "if-modified-since" in headers
    cost = _COST_OF_NEWS if is_polite else 1.0
    request.app.state.full_answers.check((etag, network), cost)
