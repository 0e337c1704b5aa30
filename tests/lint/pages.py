"""Every page people can come to, with what they did to get there."""

from collections.abc import Iterator
from urllib.parse import quote_plus

from digest.app import App
from digest.model.subscribers import Subscriber
from digest.pipeline.subscribe import enrol, subscribe
from digest.store.papers import newest_papers
from tests.factories import make_wishes
from tests.lint.corpus import WISHES
from tests.web.client import Answer, Client

_PAPERS = 6
_HARM = '"><script>alert(1)</script> & \u05e9\u05dc\u05d5\u05dd ]]>'
_WRONG = {"address": "ada@", "keywords": f"graph (neural\n{_HARM}", "papers": "no", "hour": "25"}


def visit_everything(app: App, client: Client) -> dict[str, str]:
    """Return the HTML of every page by what it is, and of those that forms lead to."""
    pages = {}
    for name, answer in _visits(app, client):
        if answer.headers.get("content-type", "").startswith("text/html"):
            pages[name] = answer.text
    return pages


def _visits(app: App, client: Client) -> Iterator[tuple[str, Answer]]:
    dora = enrol(app.registry, "dora@example.org", make_wishes(*WISHES["mallory@example.org"]))
    yield from _public(app, client)
    yield from _forms(app, client, dora)
    # Last: what they do cannot be undone.
    yield from _coming_and_going(app, client, dora)


def _public(app: App, client: Client) -> Iterator[tuple[str, Answer]]:
    yield "home", client.get("/")
    yield "subscribe", client.get("/subscribe")
    yield "subscribe, sent", client.get("/subscribe/sent")
    yield "feeds", client.get("/feeds")
    yield "feed", client.get("/feeds/trending")
    yield "keywords", client.get("/feeds/keywords")
    for expression in ("fog", "harbour* | fog", _HARM, "graph (neural", "a" * 99, "unheard of"):
        yield f"keywords {expression}", client.get(f"/feeds/keywords?q={quote_plus(expression)}")
    yield "no such page", client.get("/nothing/here")
    yield "no such paper", client.get("/papers/none")
    yield "broken link", client.get("/preferences/broken")
    for paper in _papers(app):
        yield f"paper {paper.rpartition('/')[2]}", client.get(paper)


def _forms(app: App, client: Client, dora: Subscriber) -> Iterator[tuple[str, Answer]]:
    yield "subscribe, wrong", client.post("/subscribe", _WRONG)
    preferences = app.links.preferences(dora)
    yield "preferences", client.get(preferences)
    yield "preferences, saved", client.get(f"{preferences}?saved")
    yield "preferences, wrong", client.post(preferences, _WRONG)
    looking = {"keywords": "fog\nharbour*\nunheard of\n-lantern", "action": "preview"}
    yield "preferences, preview", client.post(preferences, looking)


def _coming_and_going(app: App, client: Client, dora: Subscriber) -> Iterator[tuple[str, Answer]]:
    carl = subscribe(app.registry, "carl@example.org", make_wishes("fog"))
    confirm = app.links.confirm(carl, app.clock())
    yield "confirm", client.get(confirm)
    yield "confirmed", client.post(confirm)
    yield "confirmed before", client.get(confirm)
    unsubscribe = app.links.unsubscribe(dora)
    yield "unsubscribe", client.get(unsubscribe)
    yield "unsubscribed", client.post(unsubscribe)
    yield "unsubscribed before", client.get(unsubscribe)


def _papers(app: App) -> list[str]:
    with app.database.reading() as connection:
        return [app.links.paper(each.paper) for each in newest_papers(connection, _PAPERS)]
