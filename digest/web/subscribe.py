"""`/subscribe`: an address for the keywords that were tried, and the page that says what comes next."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.languages import preferred_language
from digest.pipeline.subscribe import subscribe
from digest.text import clean_line
from digest.web.bots import is_trapped, unless_untimely
from digest.web.forms import Filled, choices, empty_form, read_form
from digest.web.limits import may_mail
from digest.web.preview import MAX_TYPED, path_with
from digest.web.site import Form, Site, site_of, takes_form
from digest.web.steps import in_steps


def show_form(request: Request) -> Response:
    """Return the form that asks for an address; whoever comes without keywords is asked for those."""
    site = site_of(request)
    keywords = request.query_params.get("keywords", "")[:MAX_TYPED]
    if not keywords.strip():
        return site.go_to("/")
    empty = _empty(request)
    tried = read_form({"keywords": keywords}, empty, with_address=False)
    filled = Filled({**empty.values, "keywords": keywords}, tried.problems, None)
    return _page(site, filled, 400 if tried.problems else 200)


def take_subscription(request: Request, form: Form) -> Response:
    """Put the mail that asks for confirmation on its way; the answer is the same for every address."""
    site = site_of(request)
    if is_trapped(form):
        return site.go_to("/subscribe/sent")
    filled = read_form(form, _empty(request), with_address=True)
    filled = unless_untimely(filled, form, site)
    if filled.wishes is None:
        return _page(site, filled, status=422)
    address = filled.values["address"]
    if may_mail(request, address, is_confirmation=True):
        subscribe(site.app.registry, address, filled.wishes)
    return site.go_to("/subscribe/sent")


def show_sent(request: Request) -> Response:
    """Return the page that asks to look into the mailbox."""
    return site_of(request).page("sent")


def _empty(request: Request) -> Filled:
    """Return the form of a new reader, whose mails come in the language their browser asks for."""
    language = preferred_language(request.headers.get("accept-language", ""))
    return empty_form(site_of(request).app.settings.timezone, language)


def _page(site: Site, filled: Filled, status: int = 200) -> Response:
    keywords = filled.values["keywords"]
    answer = site.page(
        "subscribe",
        status,
        lines=list(dict.fromkeys(filter(None, map(clean_line, keywords.splitlines())))),
        change_url=path_with(site, "/preview", keywords),
        **choices(filled),
    )
    answer.headers["Vary"] = "Accept-Language"
    return answer


ROUTES = (
    Route("/subscribe", show_form),
    Route("/subscribe", in_steps(takes_form(take_subscription)), methods=["POST"]),
    Route("/subscribe/sent", show_sent),
)
