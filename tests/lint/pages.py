"""Every page people can come to, with what they did to get there."""

from urllib.parse import quote_plus

from digest.app import App
from digest.model.papers import Paper
from digest.model.subscribers import Subscriber
from digest.pipeline.subscribe import enrol, subscribe
from digest.store.papers import newest_papers
from tests.factories import make_wishes
from tests.lint.browsing import Browsing
from tests.lint.corpus import WISHES

_HARM = '"><script>alert(1)</script> & \u05e9\u05dc\u05d5\u05dd ]]>'
_WRONG = {"address": "ada@", "keywords": f"graph (neural\n{_HARM}", "papers": "no", "hour": "25"}


def visit_everything(app: App, browsing: Browsing) -> None:
    """Open every page, send every form, rightly and wrongly, and open what that leads to."""
    ada = enrol(app.registry, "ada@example.org", make_wishes(*WISHES["ada@example.org"]))
    dora = enrol(
        app.registry,
        "dora@example.org",
        make_wishes(*WISHES["mallory@example.org"]),
        is_welcomed=True,
    )
    papers = _papers(app)
    _own_feed(app, browsing, ada)
    _public(browsing)
    _forms(app, browsing, dora)
    _steer(app, browsing, dora, papers)
    _errors(browsing)
    _lose_a_feed(app, browsing, dora)
    # Last: what they do cannot be undone.
    _coming_and_going(app, browsing, dora)


def _public(browsing: Browsing) -> None:
    browsing.get("home", "/")
    browsing.get("subscribe", "/subscribe")
    browsing.get("subscribe, sent", "/subscribe/sent")
    browsing.get("feeds", "/feeds")
    for expression in ("fog", "harbour* | fog", _HARM, "graph (neural", "a" * 99, "unheard of"):
        browsing.get(f"keywords {expression}", f"/feeds/keywords?q={quote_plus(expression)}")
    for path in ("/health", "/robots.txt"):
        browsing.get(path, path)


def _errors(browsing: Browsing) -> None:
    browsing.get("no such page", "/nothing/here")
    browsing.get("no such paper", "/papers/none")
    browsing.get("no such feed", "/feeds/none")
    browsing.get("broken link", "/preferences/broken")
    browsing.post("not to be posted", "/feeds")
    browsing.break_down("our fault")


def _own_feed(app: App, browsing: Browsing, ada: Subscriber) -> None:
    page = f"{app.links.preferences(ada)}/feed"
    browsing.get("own feed, none", page)
    browsing.post("own feed, opened", page, {"deed": "open"})
    browsing.get("own feed, fetched", page)


def _lose_a_feed(app: App, browsing: Browsing, dora: Subscriber) -> None:
    page = f"{app.links.preferences(dora)}/feed"
    for deed, version in (("open", "0"), ("rotate", "1"), ("close", "2")):
        browsing.post(f"own feed, {deed}", page, {"deed": deed, "version": version})


def _forms(app: App, browsing: Browsing, dora: Subscriber) -> None:
    browsing.post("subscribe, wrong", "/subscribe", _WRONG)
    preferences = app.links.preferences(dora)
    browsing.get("preferences", preferences)
    browsing.get("preferences, saved", f"{preferences}?saved")
    browsing.post("preferences, wrong", preferences, _WRONG)
    looking = {"keywords": "fog\nharbour*\nunheard of\n-lantern", "action": "preview"}
    browsing.post("preferences, preview", preferences, looking)


def _steer(app: App, browsing: Browsing, dora: Subscriber, papers: list[Paper]) -> None:
    token = app.links.steering_token(dora)
    for paper in papers[:2]:
        for wish in ("more", "less"):
            address = app.links.steer(token, paper, wish)
            browsing.get(f"{wish}, asked, {paper.id}", address)
            browsing.post(f"{wish}, said, {paper.id}", address)
    first = app.links.steer(token, papers[0], "less")
    browsing.post("less, undone", first, {"act": "undo"})
    mute = app.links.steer(token, papers[0], "mute")
    browsing.get("mute, asked", mute)
    browsing.post("mute, wrong", mute, {"phrase": "graph (neural"})
    browsing.post("mute, done", mute, {"phrase": "harbour*"})
    browsing.get("all that was said", f"/steer/{token}")
    browsing.get("preferences, with what was said", app.links.preferences(dora))


def _coming_and_going(app: App, browsing: Browsing, dora: Subscriber) -> None:
    carl = subscribe(app.registry, "carl@example.org", make_wishes("fog"))
    confirm = app.links.confirm(carl, app.clock())
    browsing.get("preferences, to be confirmed", app.links.preferences(carl))
    browsing.get("confirm", confirm)
    browsing.post("confirmed", confirm)
    browsing.get("confirmed before", confirm)
    unsubscribe, one_click = app.links.unsubscribe(dora), app.links.one_click(dora)
    browsing.get("unsubscribe", unsubscribe)
    browsing.get("unsubscribe by a mail program's link", one_click)
    browsing.post("unsubscribed", unsubscribe)
    browsing.get("unsubscribed before", unsubscribe)
    browsing.get("preferences, unsubscribed", app.links.preferences(dora))
    browsing.get("own feed, unsubscribed", f"{app.links.preferences(dora)}/feed")


def _papers(app: App) -> list[Paper]:
    with app.database.reading() as connection:
        return [each.paper for each in newest_papers(connection, 20)]
