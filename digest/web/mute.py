"""`/steer/{token}/{key}/mute`: what to hear nothing of for a while, asked beside a paper."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import ExpressionError, SubscriptionError
from digest.pipeline.mute_choices import Hidden, choices
from digest.pipeline.muting import mute, muted_until, mutes_in_force, read_mute, unmute
from digest.text import clean_line
from digest.web.forms import Problem, problem_of
from digest.web.papers import paper_at
from digest.web.site import Form, takes_form
from digest.web.steer import place, read_moment, steering, urls


def ask(request: Request) -> Response:
    """Return the question what to mute, with what is muted already."""
    return _page(request)


def answer(request: Request, form: Form) -> Response:
    """Mute what was typed or chosen, put back what stood before, or show what it would hide.

    What cannot be muted is shown again with what is wrong with it.
    """
    site, subscriber = steering(request)
    paper_at(site, request.path_params["key"])
    here, typed = place(request, "mute"), form.get("phrase", "")
    if form.get("act") == "undo":
        before = read_moment(form.get("was", ""))
        unmute(site.app.registry, subscriber, clean_line(typed), before)
        return site.go_to(f"{here}?undone")
    try:
        if form.get("act") == "preview":
            expression = read_mute(typed)
            interests = [each.expression for each in subscriber.interests]
            return _page(request, typed, found=site.corpus.hidden_by(expression, interests))
        muted = mute(site.app.registry, subscriber, typed)
    except (ExpressionError, SubscriptionError) as error:
        return _page(request, typed, problem_of("phrase", error))
    query = {"muted": muted.mute.expression}
    if muted.before is not None:
        query["was"] = muted.before.isoformat()
    return site.go_to(f"{here}?{urlencode(query)}")


def _page(
    request: Request,
    typed: str = "",
    problem: Problem | None = None,
    found: Hidden | None = None,
) -> Response:
    site, subscriber = steering(request)
    paper = paper_at(site, request.path_params["key"]).paper
    mutes = mutes_in_force(site.app.registry, subscriber)
    known = {each.expression: each for each in mutes}
    offered = choices(site.app.registry, site.app.archives.current(), subscriber, paper)
    return site.page(
        "steer-mute",
        422 if problem else 200,
        subscriber=subscriber,
        paper=paper,
        typed=typed,
        problem=problem,
        offered=[
            (title, [each for each in expressions if each not in known])
            for title, expressions in (
                ("What found you this paper", offered.met),
                ("What its title says", offered.topics),
                ("Who wrote it", offered.authors),
            )
        ],
        found=found,
        mutes=mutes,
        just=known.get(clean_line(request.query_params.get("muted", ""))),
        was=request.query_params.get("was", ""),
        is_undone="undone" in request.query_params,
        until=muted_until(site.app.clock(), subscriber.cadence.zone),
        urls=urls(site, request),
    )


ROUTES = (
    Route("/steer/{token}/{key}/mute", ask),
    Route("/steer/{token}/{key}/mute", takes_form(answer), methods=["POST"]),
)
