"""A long list in pages, each of which has an address."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request

from digest.web.site import Site

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Paging:
    """One page of a list: page `number` of `pages`, and the addresses of those beside it."""

    number: int
    pages: int
    size: int
    before: str
    after: str

    @property
    def skipped(self) -> int:
        """Return how many stand on the pages before."""
        return (self.number - 1) * self.size

    @property
    def here(self) -> slice:
        """Return which of the whole list are on this page."""
        return slice(self.skipped, self.skipped + self.size)


def paging_of(  # noqa: PLR0913, PLR0917  what makes an address
    request: Request, site: Site, path: str, query: Mapping[str, str], count: int, size: int
) -> Paging:
    """Return the page a request asks for by `page`, the nearest there is, of a list at a path."""
    asked = request.query_params.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < _DIGITS else 1
    pages = max(1, -(-count // size))
    number = min(max(1, number), pages)

    def address(page: int) -> str:
        if not 1 <= page <= pages:
            return ""
        rest = {} if page == 1 else {"page": str(page)}
        return address_with(site, path, {**query, **rest})

    return Paging(number, pages, size, address(number - 1), address(number + 1))


def canonical(site: Site, path: str, query: Mapping[str, str]) -> str:
    """Return the one whole address of a page of ours with a query."""
    return site.url(path) + (f"?{urlencode(query)}" if query else "")


def address_with(site: Site, path: str, query: Mapping[str, str]) -> str:
    """Return the address of a page of ours with a query."""
    return site.path(path) + (f"?{urlencode(query)}" if query else "")
