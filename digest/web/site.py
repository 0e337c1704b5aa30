"""What every page needs: the application, its templates, its style sheet, and its addresses."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from digest.app import App
from digest.model.feeds import FeedFormat
from digest.pipeline.personal_feed import PersonalFeeds
from digest.pipeline.publish import TRENDING
from digest.pipeline.search import PaperSearch
from digest.pipeline.sign_ups import Watch
from digest.pipeline.similar import SimilarPapers
from digest.rendering.environment import render, web_environment
from digest.rendering.feeds import FORMAT_NAMES, MEDIA_TYPES
from digest.rendering.links import named_links
from digest.rendering.reasons import why
from digest.resources import resource_folder
from digest.web import words
from digest.web.corpus import Corpus
from digest.web.form_data import form_data
from digest.web.form_times import form_time
from digest.web.keyword_marks import KeywordMarks
from digest.web.stored_feeds import StoredFeeds, empty_feed

Form = Mapping[str, str]

_ASSETS = {
    "style.css": "text/css; charset=utf-8",
    "admin.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file, read once; `version` changes with its bytes."""

    body: bytes
    content_type: str
    version: str


@dataclass(frozen=True, slots=True)
class Alternate:
    """A feed as pages announce it to readers."""

    title: str
    content_type: str
    url: str
    format_name: str


@dataclass(frozen=True, slots=True)
class Site:
    """The application as pages; made once per process."""

    app: App
    render: Callable[[str, Mapping[str, object]], str]
    assets: Mapping[str, Asset]
    corpus: Corpus
    own_feeds: PersonalFeeds
    feeds: StoredFeeds
    keyword_marks: KeywordMarks
    watch: Watch
    search: PaperSearch
    similar: SimilarPapers

    def page(self, name: str, status: int = 200, **context: Any) -> Response:  # noqa: ANN401  what templates take
        """Return the page of a template; feeds of its own go first among those it announces."""
        own: tuple[Alternate, ...] = context.pop("alternates", ())
        trending = alternates(self, TRENDING, f"{self.app.settings.site_name}: trending papers")
        shown = dict.fromkeys((*own, *trending))
        context["alternates"] = tuple(shown)
        return HTMLResponse(self.render(f"web/{name}.html", context), status)

    def path(self, path: str) -> str:
        """Return the address of a page of ours without scheme and host, so that forms stay here."""
        return self.local(self.url(path))

    def url(self, path: str) -> str:
        """Return the one whole address of a page of ours, by whichever of its names it was asked for."""
        return self.app.links.home().rstrip("/") + path

    def local(self, url: str) -> str:
        """Return an address of ours without scheme and host.

        A reader may be here by another of the site's names, and a browser loads styles and posts
        forms to its own origin only.
        """
        base = urlsplit(self.app.settings.public_url)
        return url.removeprefix(f"{base.scheme}://{base.netloc}") or "/"

    def asset(self, name: str) -> str:
        """Return the address of a static file, which changes with its content."""
        return f"{self.path(f'/static/{name}')}?v={self.assets[name].version}"

    @property
    def is_https(self) -> bool:
        """Tell whether readers come by https."""
        return self.app.settings.public_url.startswith("https:")

    def go_to(self, path: str) -> Response:
        """Return an answer that leads on to a page of ours, to be got."""
        return RedirectResponse(self.path(path), status_code=303)


def build_site(app: App) -> Site:
    """Return the site of an application, its templates and static files read."""
    override = app.settings.template_override
    templates = web_environment(override)
    site = Site(
        app,
        partial(render, templates),
        _assets(override),
        Corpus(app.database, app.archives),
        PersonalFeeds(app.registry, app.links, app.settings.site_name),
        StoredFeeds(app.database, app.links, app.settings.hub, partial(empty_feed, app)),
        KeywordMarks(),
        Watch(app.database, app.clock),
        PaperSearch(app.database),
        SimilarPapers(),
    )
    templates.globals.update(
        site=site, site_name=app.settings.site_name, form_time=partial(form_time, app)
    )
    templates.filters.update(
        local=site.local,
        cadence=words.cadence_in_words,
        counts=words.weight_in_words,
        when=words.moment_in_words,
        local_day=words.local_day,
        masked=words.masked_address,
        summary=words.summary,
        rest=words.rest_of,
        named_links=named_links,
        marked_title=words.marked_title,
        why=why,
        paper_url=lambda paper: site.local(app.links.paper(paper)),
    )
    return site


def site_of(request: Request) -> Site:
    """Return the site a request came to."""
    site: Site = request.app.state.site
    return site


def alternates(site: Site, name: str, title: str) -> tuple[Alternate, ...]:
    """Return a stored feed in every format, as pages announce it."""
    links = site.app.links
    return tuple(alternate(title, links.feed(name, format_), format_) for format_ in FeedFormat)


def alternate(title: str, url: str, format_: FeedFormat) -> Alternate:
    """Return a feed in one format, as pages announce it."""
    name = FORMAT_NAMES[format_]
    return Alternate(f"{title} ({name})", MEDIA_TYPES[format_], url, name)


def takes_form(
    handle: Callable[[Request, Form], Response],
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that reads a form and hands it on, in a thread, since stores block."""

    async def endpoint(request: Request) -> Response:
        async with form_data(request, fields=40) as (form, _):
            return await run_in_threadpool(handle, request, form)

    return endpoint


def _assets(override: Path | None) -> dict[str, Asset]:
    ours = resource_folder("templates") / "static"
    found = {}
    for name, content_type in _ASSETS.items():
        own = override / "static" / name if override else None
        body = (own if own and own.is_file() else ours / name).read_bytes()
        found[name] = Asset(body, content_type, hashlib.sha256(body).hexdigest()[:12])
    return found
