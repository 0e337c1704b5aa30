"""The addresses that mails, feeds and pages lead to; the web application mounts exactly these."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote, quote_plus, urlsplit

from digest.model.feeds import FeedFormat
from digest.model.papers import Link, LinkKind, Paper, Scheme
from digest.model.subscribers import Subscriber
from digest.rendering.languages import ENGLISH, Language
from digest.text import clean_line, clip
from digest.tokens import Purpose, Tokens

# Longer addresses are trackers or accidents, and a mail has a size to keep.
MAX_URL = 500
MAX_LINKS = 6
# Whoever has one of these did not come out on arXiv, as far as anybody knows.
_PLACES = frozenset({Scheme.DOI, Scheme.OPENREVIEW})
# A mail has the same token in its header, its HTML and its text.
_REMEMBERED_TOKENS = 256
# The same few: repositories and their like.
_REMEMBERED_HOSTS = 1024
# A search box needs no more of a title, and a search with LaTeX in it finds nothing.
_MAX_QUERY = 150
_UNSEARCHABLE = str.maketrans(dict.fromkeys("$\\{}^_<>", " "))


@dataclass(frozen=True, slots=True)
class NamedLink:
    """A link whose label says where it goes."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Links:
    """Every address of ours, absolute, under `base_url` whether or not that ends in a slash."""

    base_url: str
    tokens: Tokens

    def home(self) -> str:
        """Return the address of the first page."""
        return self._at("")

    def paper(self, paper: Paper) -> str:
        """Return the address of a paper's page."""
        return self._at("papers", paper.key)

    def feed(self, name: str, feed_format: FeedFormat) -> str:
        """Return the address of a feed in one format."""
        return f"{self.feed_page(name)}.{feed_format}"

    def feed_page(self, name: str) -> str:
        """Return the address of the page that shows a feed to people."""
        return self._at("feeds", name)

    def preferences(self, subscriber: Subscriber) -> str:
        """Return the address where a reader changes what they get."""
        return self._own("preferences", Purpose.PREFERENCES, subscriber)

    def pause(self, subscriber: Subscriber) -> str:
        """Return the address where a reader has the digests wait for a while."""
        return f"{self.preferences(subscriber)}/pause"

    def issue(self, subscriber: Subscriber, digest_id: int) -> str:
        """Return the address of a digest's own page; whoever has it can read that one, no more."""
        version = subscriber.token_version
        return self._at("issues", self.tokens.sign(Purpose.ISSUE, digest_id, version))

    def unsubscribe(self, subscriber: Subscriber) -> str:
        """Return the address of the page that asks whether to unsubscribe."""
        return self._own("unsubscribe", Purpose.UNSUBSCRIBE, subscriber)

    def unsubscribe_only(self, subscriber: Subscriber) -> str:
        """Return the same for whoever is to know no more of a reader: it can stop mail, not undo it."""
        # Versions begin at 1: this is the link of a mail whose links were all replaced.
        return self._at("unsubscribe", self.tokens.sign(Purpose.UNSUBSCRIBE, subscriber.id, 0))

    def one_click(self, subscriber: Subscriber) -> str:
        """Return the address that unsubscribes on a POST (RFC 8058), for the mail's header."""
        return self._own("u", Purpose.UNSUBSCRIBE, subscriber)

    def steering_token(self, subscriber: Subscriber) -> str:
        """Return what stands for a reader in the links of `steer`: it can say what they like."""
        return _signed(self.tokens, Purpose.STEER, subscriber.id, subscriber.token_version)

    def steer(self, token: str, paper: Paper, wish: str) -> str:
        """Return the address of the page that asks whether a reader wants `wish` of a paper.

        `wish` is "more", "less" or "mute"; what it asks is done by a POST.
        """
        return self._at("steer", token, paper.key, wish)

    def confirm(self, subscriber: Subscriber, issued_at: datetime) -> str:
        """Return the address that confirms; its subject is (id, token version, unix seconds)."""
        seconds = int(issued_at.timestamp())
        token = self.tokens.sign(Purpose.CONFIRM, subscriber.id, subscriber.token_version, seconds)
        return self._at("confirm", token)

    def sign_in(self, number: int, asked_at: datetime) -> str:
        """Return the address that signs in, once; its subject is (sign-in id, unix seconds)."""
        return self._at("sign-in", self._asked(Purpose.SIGN_IN, number, asked_at))

    def move(self, number: int, asked_at: datetime) -> str:
        """Return the address that has digests go elsewhere, once; its subject as of `sign_in`."""
        return self._at("address", self._asked(Purpose.ADDRESS, number, asked_at))

    def account(self) -> str:
        """Return the address of the page of whoever is signed in."""
        return self._at("account")

    def _asked(self, purpose: Purpose, number: int, asked_at: datetime) -> str:
        return self.tokens.sign(purpose, number, int(asked_at.timestamp()))

    def _own(self, page: str, purpose: Purpose, subscriber: Subscriber) -> str:
        token = _signed(self.tokens, purpose, subscriber.id, subscriber.token_version)
        # A token is of letters, digits, "-", "_" and ".": there is nothing to quote.
        return f"{self.base_url.rstrip('/')}/{page}/{token}"

    def _at(self, *parts: str) -> str:
        path = "/".join(quote(part, safe="") for part in parts)
        return f"{self.base_url.rstrip('/')}/{path}"


@lru_cache(_REMEMBERED_TOKENS)
def _signed(tokens: Tokens, purpose: Purpose, subscriber_id: int, version: int) -> str:
    return tokens.sign(purpose, subscriber_id, version)


def named_links(
    paper: Paper, limit: int = MAX_LINKS, words: Language = ENGLISH
) -> tuple[NamedLink, ...]:
    """Return the ways from a paper to its authors' things, then to arXiv and Hugging Face.

    At most `limit` of the authors', and none that is not a plain web address. One that came out
    elsewhere leads to its own page first, to its DOI and its PDF. Where nobody knows where it came
    out the last two search for the title.
    """
    plain = [link for link in paper.links if _is_web_address(link.url)]
    pdf = [NamedLink("PDF", link.url) for link in plain if link.kind is LinkKind.PDF][:1]
    pages = _pages(plain, paper)
    others = [link for link in plain if link.kind is not LinkKind.PDF and link not in pages]
    own = [NamedLink(_label(each.kind, _host(each.url), words), each.url) for each in others]
    doi = _doi(paper, pages)
    if any(each.scheme is Scheme.ARXIV for each in paper.ids):
        named = [*own[:limit], *doi, *_registries(paper, words), *pdf]
    else:
        page = [NamedLink(_label(each.kind, _host(each.url), words), each.url) for each in pages]
        is_known = (
            pdf
            or (page and paper.published_on)
            or any(each.scheme in _PLACES for each in paper.ids)
        )
        named = [*page, *doi, *pdf, *own[:limit], *(() if is_known else _registries(paper, words))]
    return tuple({link.url: link for link in named}.values())


def _pages(links: list[Link], paper: Paper) -> list[Link]:
    """Return the link to the page of the paper itself: a source says it first, or with its PDF.

    Abstracts name other people's papers, and those on arXiv most of all.
    """
    if any(each.scheme is Scheme.ARXIV for each in paper.ids):
        return []
    hosts = {_host(link.url) for link in links if link.kind is LinkKind.PDF}
    return [
        link
        for place, link in enumerate(links)
        if link.kind is LinkKind.PAPER
        and (place == 0 or _host(link.url) in hosts)
        and not _host(link.url).endswith("arxiv.org")
    ][:1]


def _doi(paper: Paper, pages: list[Link]) -> list[NamedLink]:
    """Return the way by a paper's last DOI, unless its page is just that."""
    found = [each.value for each in paper.ids if each.scheme is Scheme.DOI][-1:]
    is_said = found and any(found[0] in link.url.lower() for link in pages)
    return [] if is_said else [
        NamedLink("DOI", f"https://doi.org/{quote(doi, safe='/')}") for doi in found
    ]  # fmt: skip


def arxiv_search(title: str) -> str:
    """Return the address that searches arXiv's titles."""
    return f"https://arxiv.org/search/?searchtype=title&query={_words(title)}"


def huggingface_search(title: str) -> str:
    """Return the address that searches Hugging Face's papers."""
    return f"https://huggingface.co/papers?q={_words(title)}"


def _registries(paper: Paper, words: Language) -> list[NamedLink]:
    ids = {paper_id.scheme: quote(paper_id.value, safe="/") for paper_id in paper.ids}
    links = []
    if arxiv := ids.get(Scheme.ARXIV):
        links.append(NamedLink("arXiv", f"https://arxiv.org/abs/{arxiv}"))
        links.append(NamedLink("Hugging Face", f"https://huggingface.co/papers/{arxiv}"))
    else:
        links.append(NamedLink(words.gettext("Find on arXiv"), arxiv_search(paper.title)))
        found = huggingface_search(paper.title)
        links.append(NamedLink(words.gettext("Find on Hugging Face"), found))
    return links


@lru_cache(_REMEMBERED_HOSTS)
def _label(kind: LinkKind, host: str, words: Language) -> str:
    said = {
        LinkKind.CODE: words.gettext("Code on %(host)s", host=host),
        LinkKind.PROJECT: words.gettext("Project page on %(host)s", host=host),
        LinkKind.DEMO: words.gettext("Demo on %(host)s", host=host),
        LinkKind.DATA: words.gettext("Data on %(host)s", host=host),
        LinkKind.MODEL: words.gettext("Model on %(host)s", host=host),
        LinkKind.PAPER: words.gettext("Paper on %(host)s", host=host),
    }
    return said.get(kind, host)


def _host(url: str) -> str:
    return clip((urlsplit(url).hostname or "").removeprefix("www."), 40)


def _is_web_address(url: str) -> bool:
    if len(url) > MAX_URL or url != clean_line(url) or any(mark in url for mark in " <>\"'`\\"):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


@lru_cache(1)  # both searches are for the same
def _words(title: str) -> str:
    """Return what a search for a title asks for, as a query has it."""
    words = clip(clean_line(title.translate(_UNSEARCHABLE)), _MAX_QUERY).rstrip("\u2026")
    return quote_plus(words, errors="replace")
