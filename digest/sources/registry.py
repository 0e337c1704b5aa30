"""Which services papers come from: a line for each kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pkgutil import resolve_name

from digest.errors import ConfigError
from digest.sources.base import Source
from digest.sources.client.http import Client

SETTING, KEYS = "DIGEST_SOURCES", "DIGEST_SOURCE_KEYS"

Opening = Callable[[str, Client, Mapping[str, str]], Source]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of source: how one is opened, and how it is written in the settings.

    `open` is given what follows the colon, "" if nothing does, the client and the keys of services
    by their names; it raises ValueError with a sentence for what cannot be.
    """

    open: Opening
    example: str
    sentence: str


def _by(opener: str) -> Opening:
    """Return what opens a kind by a function of its module, which is loaded when it is called.

    A site has few of the kinds, and most commands ask none.
    """

    def opening(argument: str, client: Client, keys: Mapping[str, str]) -> Source:
        found: Opening = resolve_name(f"digest.sources.{opener}")
        return found(argument, client, keys)

    return opening


KINDS: dict[str, Kind] = {
    "arxiv": Kind(
        _by("arxiv.feed:open_source"),
        "arxiv:cs.CL+cs.LG",
        "the daily lists of arXiv's categories, joined by `+`",
    ),
    "arxiv-api": Kind(
        _by("arxiv.api:open_source"),
        "arxiv-api:cat:cs.CL+AND+abs:planning",
        "what a search of arXiv's API finds, written as in its addresses: `+` is a blank",
    ),
    "arxiv-oai": Kind(
        _by("arxiv.oai:open_source"),
        "arxiv-oai:cs:cs:CL",
        "all records of arXiv, or of a set of them, by OAI-PMH; with deletions",
    ),
    "huggingface": Kind(
        _by("huggingface.daily:open_source"),
        "huggingface",
        "the daily papers of Hugging Face, with their votes",
    ),
    "semantic-scholar": Kind(
        _by("semantic_scholar:open_source"),
        "semantic-scholar:ARXIV:2106.15928+DOI:10.1000/xyz,-ARXIV:1706.03762",
        "what Semantic Scholar recommends for papers, and, after a minus, against others",
    ),
    "openreview": Kind(
        _by("openreview:open_source"),
        "openreview:ICLR.cc/2026/Conference",
        "the public submissions to a venue on OpenReview",
    ),
    "biorxiv": Kind(
        _by("biorxiv:open_biorxiv"),
        "biorxiv:neuroscience+cell_biology",
        "preprints of bioRxiv, of all categories or of some",
    ),
    "medrxiv": Kind(
        _by("biorxiv:open_medrxiv"),
        "medrxiv:epidemiology",
        "preprints of medRxiv, of all categories or of some",
    ),
    "feed": Kind(
        _by("feeds.feed:open_source"),
        "feed:https://journal.example/rss.xml",
        "any RSS, Atom or JSON Feed, such as a journal's",
    ),
}


def open_sources(
    words: Sequence[str], client: Client, keys: Mapping[str, str] | None = None
) -> list[Source]:
    """Return the sources of a setting, such as `huggingface arxiv:cs.CL+cs.LG`, in its order.

    Asks none of them yet. Raises ConfigError for a kind that does not exist, for what it cannot be
    told, for the same source twice, and for a key of nobody.
    """
    if not KINDS.keys() >= (keys or {}).keys():  # which may be a key, half of it, and is not shown
        raise ConfigError(KEYS, "one is of no source there is: write semantic-scholar=key")
    opened: dict[str, Source] = {}
    for word in words:
        kind, _, argument = word.partition(":")
        if kind not in KINDS:
            known = ", ".join(sorted(KINDS))
            raise ConfigError(SETTING, f"there is no source {kind!r}; there are {known}")
        try:
            source = KINDS[kind].open(argument, client, keys or {})
        except ValueError as error:
            hint = f"{word!r}: {error}; write it as {KINDS[kind].example}"
            raise ConfigError(SETTING, hint) from error
        if source.name in opened:
            raise ConfigError(SETTING, f"{word!r} is there twice")
        opened[source.name] = source
    return list(opened.values())
