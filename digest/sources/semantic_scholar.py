"""What Semantic Scholar recommends to whoever likes some papers, and not others."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from digest.model.papers import Link, LinkKind, PaperId, PaperRecord, Scheme
from digest.sources.base import Batch, Source
from digest.sources.client.http import Client
from digest.sources.formats.json_shape import Node, ShapeError, read_each, unknown_shape
from digest.sources.source_names import source_name
from digest.sources.stated import listed_under, record_of, stated_link
from digest.sources.texts.html_text import is_marked_up, text_of

_URL = "https://api.semanticscholar.org/recommendations/v1/papers/"
_FIELDS = (
    "paperId,corpusId,externalIds,url,title,abstract,authors,year,publicationDate,openAccessPdf"
)
_LIMIT = 100
_MOST_SEEDS = 100
_MOST_UNDATED = 500
_SEED = re.compile(
    r"(?:ARXIV:(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?"
    r"|DOI:10\.\d{4,9}/[^\s,+]{1,200}|(?:CORPUSID|MAG|PMID|PMCID):\d{1,12}"
    r"|ACL:[\w.-]{1,40}|[0-9a-f]{40})",
    re.IGNORECASE,
)
# Names of kinds are told apart by case there.
_KINDS = {"CORPUSID": "CorpusId"}


def open_source(argument: str, client: Client, keys: Mapping[str, str]) -> Source:
    """Return the recommendations for papers such as `ARXIV:2106.15928+ARXIV:1706.03762`.

    Those after a minus are disliked. Raises ValueError for what cannot be a paper, and without any
    that is liked.
    """
    liked: list[str] = []
    disliked: list[str] = []
    for word in re.split(r"[+,]", argument):
        seed = word.strip()
        if not seed:
            continue
        bare = seed.removeprefix("-")
        if not _SEED.fullmatch(bare):
            raise ValueError(f"{bare!r} is no paper, such as ARXIV:2106.15928 or DOI:10.1000/x")
        (disliked if seed.startswith("-") else liked).append(_normal_seed(bare))
    if not liked:
        raise ValueError("it takes at least one paper that is liked")
    if both := set(liked) & set(disliked):
        raise ValueError(f"{min(both)} is both liked and disliked")
    if len(liked) + len(disliked) > _MOST_SEEDS:
        raise ValueError(f"it takes {_MOST_SEEDS} papers at most")
    likes, dislikes = tuple(dict.fromkeys(liked)), tuple(dict.fromkeys(disliked))
    return Recommendations(client, likes, dislikes, keys.get("semantic-scholar", ""))


@dataclass(frozen=True, slots=True)
class Recommendations:
    """The recommendations for some papers, which change from day to day.

    They are no list of a day: a paper comes back for weeks. So it is listed under the day on which
    it came out, the same each time, and is known from then on. One without such a day, or with one
    to come, gets that of the first time, which the cursor remembers while it comes back.
    """

    client: Client
    liked: Sequence[str]
    disliked: Sequence[str] = ()
    key: str = field(default="", repr=False)
    every: timedelta = timedelta(hours=12)
    is_ranked: bool = True

    @property
    def name(self) -> str:
        """Its name, by the papers: the same in whichever order they are given."""
        seeds = "+".join([*sorted(self.liked), *(f"-{each}" for each in sorted(self.disliked))])
        if len(self.liked) + len(self.disliked) > 1:  # Cut off, it would look like another's.
            seeds = hashlib.sha256(seeds.encode()).hexdigest()[:12]
        return source_name("semantic-scholar", seeds)

    @property
    def title(self) -> str:
        """Its name for people."""
        more = len(self.liked) - 1
        return f"Semantic Scholar, like {self.liked[0]}" + (f" and {more} more" if more else "")

    def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
        """Yield what is recommended now, the best first, in one answer."""
        body = {"positivePaperIds": list(self.liked), "negativePaperIds": list(self.disliked)}
        headers = {"x-api-key": self.key} if self.key else {}
        params = {"fields": _FIELDS, "limit": str(_LIMIT)}
        answer = Node(
            self.client.post(self.name, _URL, params, body, headers=headers).json(self.name)
        )
        try:
            nodes = answer.need_object().field("recommendedPapers").need_items()
        except ShapeError as error:
            raise unknown_shape(self.name, error) from error
        # Papers that were taken away meanwhile are null.
        known = [(place, node) for place, node in enumerate(nodes, 1) if node.value is not None]
        places = {node.path: place for place, node in known}
        found, warnings = read_each(
            self.name,
            (node for _, node in known),
            lambda node: _read(node, places[node.path]),
        )
        before = _read_undated(cursor)
        undated: dict[str, date] = {}
        listed = []
        for number, record in found:
            day = before.get(number) or record.published_on
            if day is None or day > today or number in before:
                day = undated[number] = min(day or today, today)
            listed.append(listed_under(day, record, today))
        yield Batch(listed, _write_undated(undated), warnings)


def _read(node: Node, position: int) -> tuple[str, PaperRecord]:
    """Return a paper with the number under which it is remembered; raises ShapeError."""
    paper_id = node.need_object().field("paperId").text().strip()
    corpus_id = node.field("corpusId").count()
    outside = node.field("externalIds")
    corpus_id = corpus_id or outside.field("CorpusId").count()
    ids = [
        PaperId(scheme, value)
        for scheme, value in (
            (Scheme.ARXIV, outside.field("ArXiv").text()),
            (Scheme.DOI, outside.field("DOI").text()),
            (Scheme.SEMANTIC_SCHOLAR, str(corpus_id or "")),
        )
        if value
    ]
    record = record_of(
        node,
        position,
        _plain(node.field("title").need_text()),
        _plain(node.field("abstract").text()),
        ids=ids,
        links=_links(node, paper_id),
        authors=(
            each.text() or each.field("name").text() for each in node.field("authors").items()
        ),
        published_on=node.field("publicationDate").day(),
    )
    return str(corpus_id or paper_id or record.title)[:100], record


def _links(node: Node, paper_id: str) -> list[Link]:
    page = stated_link(LinkKind.PAPER, node.field("url").text())
    if not page and re.fullmatch(r"[0-9a-f]{40}", paper_id):
        page = (Link(LinkKind.PAPER, f"https://www.semanticscholar.org/paper/{paper_id}"),)
    return [*page, *stated_link(LinkKind.PDF, node.field("openAccessPdf").field("url").text())]


def _plain(text: str) -> str:
    return text_of(text) if is_marked_up(text) else text


def _normal_seed(seed: str) -> str:
    kind, colon, value = seed.partition(":")
    if not colon:
        return seed.lower()
    kind = kind.upper()
    value = value if kind == "ACL" else value.lower()
    return f"{_KINDS.get(kind, kind)}:{value}"


def _read_undated(cursor: str) -> dict[str, date]:
    """Return under which days papers without a date of their own were listed."""
    try:
        said = Node(json.loads(cursor or "{}")).field("undated")
    except (ValueError, RecursionError):
        return {}
    names = said.value if isinstance(said.value, dict) else {}
    days = {str(name): said.field(str(name)).day() for name in names}
    return {name: day for name, day in days.items() if day is not None}


def _write_undated(undated: Mapping[str, date]) -> str:
    newest = sorted(undated.items(), key=lambda each: each[1])[-_MOST_UNDATED:]
    return json.dumps({"undated": {name: day.isoformat() for name, day in newest}})
