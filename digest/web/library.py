"""`/import` and `/preferences/{token}/import`: keywords that somebody's own library proposes.

What is sent is read and forgotten. A page of proposals follows, none of them ticked; only what is
ticked there goes on, to the preview for who is new, to their keywords for a reader.
"""

from collections.abc import Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import ExpressionError, SourceError, SubscriptionError
from digest.model.subscribers import MAX_INTERESTS, Subscriber, Wishes
from digest.pipeline.preview import InterestPreview
from digest.pipeline.propose import Offered, again, offer, unlike
from digest.pipeline.subscribe import change_wishes, reader_of, wishes_of
from digest.pipeline.wishes import read_interests
from digest.sources.libraries.library import MAX_BYTES, read_library
from digest.tokens import Purpose
from digest.web.forms import Problem, problem_of
from digest.web.preview import path_with
from digest.web.questions import check_question
from digest.web.sent_files import SentFile, takes_file
from digest.web.site import Form, Site, site_of

# A file is as much work as so many searches.
_COST = 10.0
_PASTED = "What you pasted"
_LONGEST = 20_000


def show(request: Request) -> Response:
    """Return the form that takes a file or a text."""
    return _asking(request)


def take(request: Request, form: Form, sent: SentFile) -> Response:
    """Propose what a file says, or go on with what was ticked."""
    return _chosen(request, form) if "offered" in form else _proposed(request, form, sent)


def _proposed(request: Request, form: Form, sent: SentFile) -> Response:
    site, reader = _who(request)
    content = sent.content or form.get("text", "").encode()
    if not content.strip():
        problem = Problem("file", "Choose a file, or paste a text")
        return _asking(request, problem, status=422)
    check_question(request, _COST)
    try:
        library = read_library(content, sent.name if sent.content else _PASTED)
        known = [each.expression for each in reader.interests] if reader else []
        found = offer(
            site.app.database,
            site.app.archives.current(),
            library,
            lambda expressions: _previews(site, expressions),
            known,
        )
    except SourceError as error:
        field = "file" if sent.content else "text"
        return _asking(request, Problem(field, _sentence(error)), _kept(form), status=422)
    return _offering(request, found)


def _chosen(request: Request, form: Form) -> Response:
    """Add what was ticked, all of it, or show the page once more with what is wrong."""
    site, reader = _who(request)
    ticked = [form[name] for name in form if name.startswith("yes-")]
    if "all" in form:
        ticked = form["offered"].splitlines()
    if not ticked:
        problem = Problem("offers", "Tick at least one; what is not ticked is not added")
        return _once_more(request, form, ticked, problem)
    try:
        chosen = [each.expression for each in read_interests(ticked)]
        if reader is None:
            return site.go_to(_without_base(site, path_with(site, "/preview", "\n".join(chosen))))
        added = _add(site, reader, chosen)
    except (ExpressionError, SubscriptionError) as error:
        return _once_more(request, form, ticked, problem_of("offers", error))
    token = request.path_params["token"]
    return site.go_to(f"/preferences/{token}?added={added}")


def _add(site: Site, reader: Subscriber, chosen: Sequence[str]) -> int:
    """Give a reader more keywords; return how many they did not have, in whatever form."""
    before = 0

    def grown(now: Subscriber) -> Wishes:
        nonlocal before
        before = len(now.interests)
        return _with(wishes_of(now), chosen)

    after = change_wishes(site.app.registry, reader, grown)
    return len(after.interests) - before


def _with(wishes: Wishes, added: Sequence[str]) -> Wishes:
    """Return wishes with more interests; raises SubscriptionError where they would be too many."""
    had = [each.expression for each in wishes.interests]
    new = unlike(added, had)
    room = MAX_INTERESTS - len(had)
    if len(new) > room:
        message = (
            f"You have {len(had)} keywords, and {MAX_INTERESTS} is the most: "
            + (f"tick {room} at most" if room else "take some away first")
            + ". Nothing was added"
        )
        raise SubscriptionError(message)
    interests = read_interests([*had, *new])
    kept = {each.expression: each for each in wishes.interests}
    return replace(wishes, interests=tuple(kept.get(i.expression, i) for i in interests))


def _once_more(request: Request, form: Form, ticked: Sequence[str], problem: Problem) -> Response:
    site = site_of(request)
    check_question(request)
    try:
        shown = [each.expression for each in read_interests(form["offered"].splitlines())]
    except (ExpressionError, SubscriptionError):
        return _asking(request, replace(problem, field="file", expression=""), status=422)
    found = again(_previews(site, shown))
    return _offering(request, found, ticked=ticked, problem=problem, status=422)


def _who(request: Request) -> tuple[Site, Subscriber | None]:
    """Return whose keywords are to grow; None for somebody who has none yet."""
    site = site_of(request)
    token = request.path_params.get("token")
    if token is None:
        return site, None
    return site, reader_of(site.app.registry, Purpose.PREFERENCES, token)


def _previews(site: Site, expressions: Sequence[str]) -> list[InterestPreview]:
    return site.corpus.previews(expressions, site.app.clock())


def _asking(
    request: Request, problem: Problem | None = None, text: str = "", status: int = 200
) -> Response:
    site, reader = _who(request)
    return site.page(
        "library",
        status,
        back=_back(site, reader),
        reader=reader,
        problem=problem,
        text=text,
        most=MAX_BYTES >> 20,
    )


def _offering(
    request: Request,
    found: Offered,
    *,
    ticked: Sequence[str] = (),
    problem: Problem | None = None,
    status: int = 200,
) -> Response:
    site, reader = _who(request)
    return site.page(
        "proposals",
        status,
        back=_back(site, reader),
        reader=reader,
        found=found,
        ticked=ticked,
        problem=problem,
        room=MAX_INTERESTS - len(reader.interests) if reader else MAX_INTERESTS,
        offered="\n".join(each.proposal.expression for each in found.offers),
    )


def _back(site: Site, reader: Subscriber | None) -> str:
    return site.local(site.app.links.preferences(reader)) if reader else site.path("/")


def _without_base(site: Site, path: str) -> str:
    return "/" + path.removeprefix(site.path("/"))


def _sentence(error: SourceError) -> str:
    return f"{error.name} {error.problem}"


def _kept(form: Form) -> str:
    """Return the text that was pasted, to be put right; a whole library is not sent back."""
    text = form.get("text", "")
    return text if len(text) <= _LONGEST else ""


ROUTES = tuple(
    route
    for path in ("/import", "/preferences/{token}/import")
    for route in (Route(path, show), Route(path, takes_file(take), methods=["POST"]))
)
