"""`/preview?keywords=...`: what a digest would be, and word by word, before any address is asked for."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import ExpressionError, SubscriptionError
from digest.model.subscribers import Interest
from digest.pipeline.preview import InterestPreview
from digest.pipeline.rerun import Span, as_one
from digest.pipeline.wishes import read_interests
from digest.ranking.preview import Verdict
from digest.web.forms import problem_of, with_suggestion
from digest.web.keyword_feeds import addresses_of
from digest.web.site import Site, site_of

# Fifty keywords of eighty characters are no more, and an address is to be short enough to be kept.
MAX_TYPED = 6000
# As many as a new reader's digest has.
_PAPERS = 10
# Of so many keywords there is more than a sentence: the page of fifty is to be read on a phone too.
_DETAILED, _SUGGESTIONS = 5, 3


def show(request: Request) -> Response:
    """Return what was typed with what it finds; stores nothing."""
    site, asked = site_of(request), request.query_params
    if "keywords" not in asked:
        return site.go_to("/")
    typed = with_suggestion(asked)["keywords"]
    span = Span.WEEK if asked.get("span") == Span.WEEK else Span.NEWEST
    try:
        interests = read_typed(typed)
    except (ExpressionError, SubscriptionError) as error:
        problem, kept = problem_of("keywords", error), typed[:MAX_TYPED]
        return site.page("preview", 400, typed=kept, problem=problem, span=span, again=None)
    expressions = [each.expression for each in interests]
    written = "\n".join(expressions)
    now = site.app.clock()
    found = site.corpus.previews(expressions, now)
    joined = as_one(interests)
    feeds = addresses_of(site, joined) if joined else ()
    return site.page(
        "preview",
        typed=written,
        problem=None,
        span=span,
        again=site.corpus.again(interests, _PAPERS, span, now),
        # What there is something to do about comes first, everything else as it was typed.
        found=sorted(found, key=_is_doubtful, reverse=True),
        doubtful=sum(map(_is_doubtful, found)),
        detailed=_DETAILED,
        most_suggestions=_SUGGESTIONS,
        here=path_with(site, "/preview", written),
        subscribe_url=path_with(site, "/subscribe", written),
        opml_url=path_with(site, "/feeds/keywords.opml", written),
        addresses=feeds,
        alternates=feeds,
    )


def read_typed(typed: str) -> tuple[Interest, ...]:
    """Return the interests of an address, one a line; raises what a form of interests does."""
    if len(typed) > MAX_TYPED:
        message = f"This is longer than {MAX_TYPED:,} characters: write fewer keywords"
        raise SubscriptionError(message)
    return read_interests(typed.splitlines())


def path_with(site: Site, path: str, keywords: str) -> str:
    """Return the address of a page of ours about keywords, one a line."""
    return f"{site.path(path)}?{urlencode({'keywords': keywords})}"


def _is_doubtful(each: InterestPreview) -> bool:
    return each.found.verdict in {Verdict.BROAD, Verdict.NARROW, Verdict.NEVER}


ROUTES = (Route("/preview", show),)
