"""`/issues/{token}`: one digest as a page, for ever, for whoever has its address."""

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.mails import GAP
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber
from digest.pipeline.issues import Issue, read_issue
from digest.rendering.budget import Shape
from digest.rendering.cards import Card, Cards
from digest.rendering.incomplete import incomplete_then
from digest.rendering.links import NamedLink
from digest.rendering.marks import without_weight
from digest.web.sessions import session_of
from digest.web.site import Site, site_of

MAX_PAGE = 30_000


@dataclass(frozen=True, slots=True)
class _Shown:
    """How much a page shows of each paper."""

    shape: Shape
    has_links: bool
    has_abstracts: bool = True


def show(request: Request) -> Response:
    """Return a digest's page, with as much of each paper as a page that opens at once has room for."""
    site = site_of(request)
    issue = read_issue(site.app.registry, request.path_params["token"])
    reader = issue.edition.subscriber
    steering = _steering_token(request, site, reader)
    first, *tighter = _shapes(len(issue.edition.digest.entries))
    page = _page(site, issue, first, steering)
    for shown in tighter:
        if len(page.body) <= MAX_PAGE:
            break
        page = _page(site, issue, shown, steering)
    return page


def _page(site: Site, issue: Issue, shown: _Shown, steering: str | None) -> Response:
    edition = issue.edition
    digest, reader = edition.digest, edition.subscriber
    cadence = digest.wishes.cadence if digest.wishes else reader.cadence
    interests = digest.wishes.interests if digest.wishes else ()
    return site.page(
        "issue",
        digest=digest,
        zone=cadence.zone,
        incomplete=incomplete_then(digest.lacking, cadence.zone, digest.period),
        numbers=issue.numbers,
        cards=[
            (card, _steering(card, steering))
            for card in Cards(site.app.links).of(edition, shown.shape)
        ],
        has_links=shown.has_links,
        has_abstracts=shown.has_abstracts,
        interests=[without_weight(each.expression) for each in interests],
        is_readers=steering is not None,
    )


def _steering_token(request: Request, site: Site, reader: Subscriber) -> str | None:
    """Return the token for a reader's own links, None for anybody who is not signed in as them."""
    session = session_of(request, SessionKind.READER)
    if session is None or session.owner != reader.id:
        return None
    return site.app.links.steering_token(reader)


def _steering(card: Card, token: str | None) -> list[NamedLink]:
    if token is None:
        return []
    return [NamedLink(each.label, each.url.replace(GAP, token)) for each in card.about.steering]


def _shapes(papers: int) -> Iterator[_Shown]:
    """Yield the shapes to try, the fullest first; every paper and every folded one is named in all.

    The ways to a paper go before its abstract: they stand on its own page, to which its title leads.
    """
    most = 1_000_000
    for abstract, sentence, links in ((420, 260, 6), (240, 200, 3), (240, 200, 0), (120, 160, 0)):
        yield _Shown(Shape(papers, papers, 300, sentence, abstract, links, most), links > 0)
    yield _Shown(Shape(papers, papers, 200, 160, 1, 0, most), has_links=False, has_abstracts=False)


ROUTES = (Route("/issues/{token}", show),)
