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
from tests.lint.operator_pages import visit_operators
from tests.lint.reader_pages import visit_accounts, visit_pauses

_HARM = '"><script>alert(1)</script> & \u05e9\u05dc\u05d5\u05dd ]]>'
_WRONG = {"address": "ada@", "keywords": f"graph (neural\n{_HARM}", "papers": "no", "hour": "25"}


def visit_the_first_day(browsing: Browsing) -> None:
    """Open what shows papers while there are none; what it leads to is opened when there are."""
    for path in (
        "/",
        "/papers",
        "/papers?week=2026-W12",
        "/search?q=fog",
        "/preview?keywords=fog%0ARAG",
        "/feeds",
        "/feeds/trending",
        "/feeds/keywords?q=fog",
    ):
        browsing.pages[f"{path} on the first day"] = browsing.client.get(path).text


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
    eve = enrol(app.registry, "eve@example.org", make_wishes(*WISHES["eve@example.org"]))
    _own_feed(app, browsing, ada)
    _public(browsing)
    _archive(browsing)
    _forms(app, browsing, dora)
    _library(app, browsing, dora)
    _steer(app, browsing, dora, papers)
    visit_pauses(app, browsing, dora)
    _errors(browsing)
    _lose_a_feed(app, browsing, dora)
    # Last: what they do cannot be undone.
    visit_accounts(app, browsing, ada, eve)
    _coming_and_going(app, browsing, dora)
    hugo = subscribe(app.registry, "hugo@example.org", make_wishes("fog"))
    visit_operators(app, browsing, eve, hugo)


def _public(browsing: Browsing) -> None:
    browsing.get("home", "/")
    for keywords in ("fog\nharbour*\nunheard of\n-lantern", "fog", _HARM, "graph (neural", ""):
        asked = quote_plus(keywords)
        browsing.get(f"preview {keywords}", f"/preview?keywords={asked}")
        browsing.get(f"last week {keywords}", f"/preview?keywords={asked}&span=week")
        browsing.get(f"subscribe {keywords}", f"/subscribe?keywords={asked}")
    browsing.get("subscribe, sent", "/subscribe/sent")
    good = {"address": "frida@example.org", "keywords": "fog"}
    browsing.post("subscribe, right", "/subscribe", good)
    browsing.post("subscribe, too late", "/subscribe", {**good, "shown": ""})
    browsing.get("feeds", "/feeds")
    for expression in ("fog", "harbour* | fog", _HARM, "graph (neural", "a" * 99, "unheard of"):
        browsing.get(f"keywords {expression}", f"/feeds/keywords?q={quote_plus(expression)}")
    for path in ("/health", "/ready", "/robots.txt", "/metrics", "/api"):
        browsing.get(path, path)


def _archive(browsing: Browsing) -> None:
    for query in ("", "?on=2026-03-17", "?on=2026-02-10", "?on=1999-12-31", "?on=2026-02-30"):
        browsing.get(f"papers {query}", f"/papers{query}")
    for week in ("2026-W12", "2026-W07", "2026-W08", "2026-W99"):
        browsing.get(f"papers of {week}", f"/papers?week={week}")
    for number in ("1", "2", "999"):
        browsing.get(f"dump {number}", f"/dumps/{number}")
    for typed in ("", "fog", "harbour* | fog", "unheard of", "-survey", _HARM, "graph (neural"):
        browsing.get(f"search {typed}", f"/search?q={quote_plus(typed)}")


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
    looking = {"keywords": "fog\nharbour*^2\nunheard of\n-lantern\nfgo"}
    for action in ("preview", "again"):
        browsing.post(f"preferences, {action}", preferences, {**looking, "action": action})
    browsing.post("preferences, used", preferences, {**looking, "use": "harbour*^2\tharbour*^4"})
    for quiet in ("roll-over", "rest", "eat"):
        browsing.post(f"preferences, quiet {quiet}", preferences, {"quiet": quiet})


def _library(app: App, browsing: Browsing, dora: Subscriber) -> None:
    page = f"{app.links.preferences(dora)}/import"
    browsing.get("library", page)
    browsing.get("library, of a stranger", "/import")
    browsing.post("library, wrong", page, {"text": _HARM})
    works = "".join(f"@misc{{k{n}, title={{Silent harbours {_HARM}}}}}" for n in range(3))
    browsing.post("proposals", page, {"text": f"{works} @misc{{{_HARM}"})
    browsing.post("proposals, none ticked", page, {"offered": "silent harbours"})


def _steer(app: App, browsing: Browsing, dora: Subscriber, papers: list[Paper]) -> None:
    token = app.links.steering_token(dora)
    for paper in papers[:2]:
        for wish in ("more", "less", "seen"):
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
    browsing.get("pause, unsubscribed", app.links.pause(dora))
    browsing.get("own feed, unsubscribed", f"{app.links.preferences(dora)}/feed")
    browsing.post("unsubscribed, undone", f"{unsubscribe}/undo")
    browsing.get("preferences, back again", f"{app.links.preferences(dora)}?undone")
    browsing.post("unsubscribed for good", unsubscribe)


def _papers(app: App) -> list[Paper]:
    with app.database.reading() as connection:
        return [each.paper for each in newest_papers(connection, 20)]
