"""`/preferences/{token}`: a reader's keywords and times, with a look at what they would bring."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.subscribers import MAX_INTERESTS, Subscriber, Wishes
from digest.pipeline.pausing import is_paused
from digest.pipeline.preview import InterestPreview
from digest.pipeline.rerun import Rerun, Span
from digest.pipeline.steer import said_by
from digest.pipeline.subscribe import reader_of, save_preferences
from digest.pipeline.weights import weighed
from digest.pipeline.wishes import finds_papers
from digest.tokens import Purpose
from digest.web.forms import Filled, choices, form_of, read_form, with_suggestion
from digest.web.row_numbers import row_number
from digest.web.site import Form, Site, site_of, takes_form
from digest.web.steer import said_parts


def show(request: Request) -> Response:
    """Return the form with the wishes the reader has."""
    site, subscriber = _reader(request)
    told = request.query_params
    return _page(
        site,
        subscriber,
        form_of(subscriber),
        is_saved="saved" in told,
        is_undone="undone" in told,
        added=row_number(told["added"]) if "added" in told else None,
    )


def change(request: Request, form: Form) -> Response:
    """Save what was sent, or show what its keywords would find."""
    site, subscriber = _reader(request)
    is_preview = form.get("action") == "preview" or "use" in form
    form = with_suggestion(form)
    filled = read_form(form, form_of(subscriber), with_address=False)
    if filled.wishes is None:
        return _page(site, subscriber, filled, status=422)
    if form.get("action") == "again":
        return _page(site, subscriber, filled, again=_again(site, subscriber, filled.wishes))
    if is_preview:
        expressions = [interest.expression for interest in filled.wishes.interests]
        found = site.corpus.previews(expressions, site.app.clock())
        return _page(site, subscriber, filled, found=found)
    save_preferences(site.app.registry, subscriber, filled.wishes)
    token = request.path_params["token"]
    return site.go_to(f"/preferences/{token}?saved")


def _again(site: Site, subscriber: Subscriber, wishes: Wishes) -> Rerun:
    """Return the last week as one digest with these wishes, without what the reader mutes."""
    mutes = said_by(site.app.registry, subscriber, 0).mutes
    return site.corpus.again(
        wishes.interests,
        wishes.papers_per_digest,
        Span.WEEK,
        site.app.clock(),
        muted=tuple(each.expression for each in mutes),
    )


def _reader(request: Request) -> tuple[Site, Subscriber]:
    site = site_of(request)
    token = request.path_params["token"]
    return site, reader_of(site.app.registry, Purpose.PREFERENCES, token)


def _token(site: Site, subscriber: Subscriber) -> str:
    return site.app.links.preferences(subscriber).rpartition("/")[2]


def _page(  # noqa: PLR0913  what the page can show
    site: Site,
    subscriber: Subscriber,
    filled: Filled,
    *,
    status: int = 200,
    is_saved: bool = False,
    is_undone: bool = False,
    added: int | None = None,
    found: list[InterestPreview] | None = None,
    again: Rerun | None = None,
) -> Response:
    return site.page(
        "preferences",
        status,
        subscriber=subscriber,
        is_saved=is_saved,
        found=found,
        again=again,
        is_undone=is_undone,
        added=added if added is None or added <= MAX_INTERESTS else None,
        import_url=f"{site.local(site.app.links.preferences(subscriber))}/import",
        is_paused=is_paused(subscriber, site.app.clock()),
        weights={each.expression: weighed(each.expression) for each in found or ()},
        followed=[e.expression for e in subscriber.interests if finds_papers(e.expression)],
        **said_parts(site, subscriber, back=_token(site, subscriber)),
        unsubscribe_url=site.local(site.app.links.unsubscribe(subscriber)),
        **choices(filled),
    )


ROUTES = (
    Route("/preferences/{token}", show),
    Route("/preferences/{token}", takes_form(change), methods=["POST"]),
)
