"""What keywords would find, before anybody saves them; and the feeds there are."""

from digest.errors import ExpressionError
from digest.model.feeds import FeedFormat
from digest.ranking.query import parse
from digest.text import clean_line
from digest.web.api.endpoint import Body, Call, Endpoint, Json
from digest.web.api.problems import fault_of, invalid
from digest.web.api.schemas import PREVIEW_BODY, ref
from digest.web.api.shown import preview_as_json
from digest.web.feeds import PAGES


def preview(call: Call) -> Json:
    """Return what each expression finds among the newest papers."""
    expressions = [clean_line(each) for each in call.body["keywords"]]
    faults = []
    for number, expression in enumerate(expressions):
        try:
            parse(expression)
        except ExpressionError as error:
            faults.append(fault_of(error, pointer=f"#/keywords/{number}"))
    if faults:
        raise invalid(faults)
    call.check_question()
    site = call.site
    found = site.corpus.previews(expressions, site.app.clock())
    return {"items": [preview_as_json(each, site.app.links) for each in found]}


def list_feeds(call: Call) -> Json:
    """Return the feeds that anybody may follow."""
    links = call.site.app.links
    items = [
        {
            "name": page.name,
            "title": page.title,
            "description": page.description,
            "page": links.feed_page(page.name),
            **{format_.value: links.feed(page.name, format_) for format_ in FeedFormat},
        }
        for page in PAGES.values()
    ]
    return {"items": items}


ENDPOINTS = (
    Endpoint(
        "POST",
        "/preview",
        "previewKeywords",
        "What keywords would find",
        preview,
        ref("Previews"),
        "Each expression is tried on the newest papers; nothing is kept.",
        body=Body(PREVIEW_BODY, {"keywords": ["graph neural networks", "RAG -survey"]}),
    ),
    Endpoint(
        "GET",
        "/feeds",
        "listFeeds",
        "The feeds there are",
        list_feeds,
        ref("Feeds"),
    ),
)
