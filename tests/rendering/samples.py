"""Sample readers, papers, editions and feeds: realistic ones, and ones that mean harm."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from digest.model.digests import Digest, DigestEdition, Entry, Field, MatchKind, Reason, Window
from digest.model.feeds import Feed, FeedItem
from digest.model.papers import Link, LinkKind, Paper, PaperId, Scheme
from digest.model.subscribers import Cadence, Days, Interest, Subscriber, SubscriberState
from digest.rendering.email import MailRenderer
from digest.rendering.links import Links
from digest.tokens import Tokens

MORNING = datetime(2026, 3, 17, 6, 0, tzinfo=UTC)
BASE_URL = "https://digest.example.org"
AUTHORITY = "digest.example.org"

PAPERS = (
    (
        "Message Passing Without Oversmoothing: Deep Graph Neural Networks by Spectral Anchoring",
        (
            "Stacking layers in graph neural networks makes node representations converge until "
            "they can no longer be told apart. We show that the rate of this collapse is governed by "
            "the gap between the second and third eigenvalue of the normalised Laplacian, and propose "
            "spectral anchoring, a parameter-free correction that holds the energy of each frequency "
            "band constant across depth. On eleven benchmarks networks of 128 layers improve on their "
            "shallow counterparts by 2.1 points on average, at a cost of 4 % in training time. Code is "
            "available at https://github.com/anchor-lab/spectral-anchoring."
        ),
        "graph neural networks",
        Field.TITLE,
    ),
    (
        "What Does a Retriever Know? Probing Dense Passage Encoders with Counterfactual Queries",
        (
            "Dense retrievers are judged by recall, which says little about why a passage was found. "
            "We edit one fact of a query at a time and measure how far the ranking moves. Across six "
            "encoders, retrieval-augmented generation inherits the blind spots of its retriever: "
            "numbers, negation and units are all but ignored. Training on 20,000 edited queries "
            "repairs most of this without loss of recall."
        ),
        "RAG",
        Field.ABSTRACT,
    ),
    (
        "GeoTDM-2: Equivariant Trajectory Diffusion at the Scale of Proteins",
        (
            "Generative models of molecular motion are limited to a few hundred atoms. We present "
            "GeoTDM-2, a diffusion model over trajectories whose temporal attention is linear in the "
            "number of frames and equivariant under SE(3). It generates 10 ns of motion of proteins "
            "with up to 4,000 residues, and its samples agree with molecular dynamics in "
            "contact order and radius of gyration."
        ),
        "diffus* + protein",
        Field.ABSTRACT,
    ),
    (
        "Positional Encodings Are Gauge Choices",
        (
            "Laplacian eigenvectors are defined only up to sign and basis. We read this ambiguity as "
            "a gauge freedom, classify the functions of graphs that survive it, and derive from this "
            "the first positional encoding for graph transformers that is provably stable under edge "
            "removal. The construction needs no eigendecomposition at test time."
        ),
        "positional encoding",
        Field.TITLE,
    ),
    (
        "A Small Corpus Is All You Need for Tokenisers of Low-Resource Languages",
        (
            "Tokenisers are trained on whatever text is at hand. For 31 languages with less than "
            "50 MB of text each we find that corpora of 2 MB, chosen for coverage of morphology "
            "rather than topic, give vocabularies as good as those trained on all of it."
        ),
        "tokenis* | tokeniz*",
        Field.TITLE,
    ),
    (
        "Causal Discovery from Irregular Time Series by Score Matching in Continuous Time",
        (
            "Sensors fail, clocks drift, patients miss appointments. We extend score-based causal "
            "discovery to stochastic differential equations observed at irregular times, prove "
            "identifiability under additive noise, and recover the regulatory network of yeast from "
            "measurements with 70 % missing values."
        ),
        "causal discovery",
        Field.ABSTRACT,
    ),
    (
        "Benchmarks Age: A Longitudinal Study of 214 Leaderboards",
        (
            "We follow 214 public leaderboards over six years. Half of the progress reported in the "
            "last third of a benchmark's life does not carry over to a fresh test set drawn by the "
            "same protocol. We propose an expiry date for benchmarks and a way to estimate it."
        ),
        "benchmark*",
        Field.TITLE,
    ),
    (
        "Listening to Glaciers: Self-Supervised Detection of Calving in Hydrophone Archives",
        (
            "Forty years of under-ice recordings lie unlabelled in archives. A self-supervised model "
            "pretrained on 90,000 hours of hydrophone data detects calving events with a precision "
            "of 0.93 after seeing twelve labelled examples, and dates a change of regime at three "
            "fjords to within a season."
        ),
        "self-supervised",
        Field.ABSTRACT,
    ),
)
_MATCHED = {
    "RAG": "retrieval-augmented generation",
    "diffus* + protein": "diffusion",
    "positional encoding": "Positional Encodings",
    "tokenis* | tokeniz*": "Tokenisers",
    "graph neural networks": "Graph Neural Networks",
    "benchmark*": "Benchmarks",
}
_LINKS = {
    0: (Link(LinkKind.CODE, "https://github.com/anchor-lab/spectral-anchoring"),),
    2: (
        Link(LinkKind.PROJECT, "https://geotdm.example.edu/two?lang=en&view=full"),
        Link(LinkKind.DEMO, "https://huggingface.co/spaces/geotdm/two"),
        Link(LinkKind.DATA, "https://zenodo.org/records/1234567"),
    ),
    5: (Link(LinkKind.LINK, "https://www.yeast.example.com/network"),),
}
_IDS = {2: (PaperId(Scheme.ARXIV, "2603.01234"),), 7: (PaperId(Scheme.DOI, "10.1000/ice.42"),)}

HOSTILE_TITLES = (
    '<script>alert("title")</script> & <b>bold</b> {{ 7 * 7 }} {% raw %}',
    "W" * 400,
    "\u05dc\u05de\u05d9\u05d3\u05d4 \u05e2\u05de\u05d5\u05e7\u05d4 \u05e9\u05dc \u05d2\u05e8\u05e4\u05d9\u05dd: deep learning on graphs, \u0628\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\U0001f9ec\U0001f600 Emoji \U0001f469\u200d\U0001f52c in titles \u2014 \u201cquoted\u201d",
    "If $x<y$ and $a>b$ then \\mathcal{O}(n^2) & 5 % of ``it''",
    "Ends a section ]]> and begins <![CDATA[ another --> <!-- of a comment",
    "=?utf-8?q?Hidden=0ABcc:_a@example.org?=",
    "\"><img src=x onerror=alert(1)> 'single' `tick` \u0000\u000b\ufffe",
)


@cache
def renderer() -> MailRenderer:
    """Return a renderer whose templates are compiled once for all tests."""
    return MailRenderer(links(), "Paper Digest", postal="Paper Digest, Example Lane 1, Exampletown")


def links() -> Links:
    """Return links of a site with one fixed secret."""
    return Links(BASE_URL, Tokens(["a secret that is long enough for a test"]))


def subscriber(**changes: object) -> Subscriber:
    """Return an active reader with the interests of the sample papers."""
    reader = Subscriber(
        id=7,
        address="ada@example.org",
        state=SubscriberState.ACTIVE,
        cadence=Cadence(Days.DAILY, time(7, 0), "Europe/Berlin"),
        papers_per_digest=10,
        interests=tuple(Interest(expression) for _, _, expression, _ in PAPERS),
        created_at=MORNING - timedelta(days=14),
        confirmed_at=MORNING - timedelta(days=13),
        next_due_at=MORNING,
        seen_through=41,
        token_version=1,
    )
    return replace(reader, **changes)  # type: ignore[arg-type]


def paper(number: int = 1, **changes: object) -> Paper:
    """Return a paper; the sample papers come round again after eight."""
    at = (number - 1) % len(PAPERS)
    title, abstract, _, _ = PAPERS[at]
    made = Paper(
        id=number,
        key=f"p{number:05d}",
        title=title,
        abstract=abstract,
        links=_LINKS.get(at, ()),
        authors=("Ada Lovelace", "Am\u00e9lie M\u00fcller & Sons"),
        ids=_IDS.get(at, ()),
        is_truncated=False,
        created_at=MORNING - timedelta(hours=number),
        updated_at=MORNING - timedelta(hours=number),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def reason(of: Paper, expression: str, words: str, field: Field) -> Reason:
    """Return a reason that marks `words` where they stand in a paper."""
    text = of.title if field is Field.TITLE else of.abstract
    sentences = [text] if field is Field.TITLE else re.split(r"(?<=[.!?]) ", text)
    sentence = next((each for each in sentences if words.lower() in each.lower()), sentences[0])
    start = max(sentence.lower().find(words.lower()), 0)
    return Reason(
        expression, MatchKind.PHRASE, field, sentence, ((start, start + len(words)),), 1.0
    )


def entry(of: Paper) -> Entry:
    """Return a paper's entry with the reason that fits the sample it was made of."""
    title, _, expression, field = PAPERS[(of.id - 1) % len(PAPERS)]
    words = _MATCHED.get(expression, expression)
    is_sample = of.title == title
    reasons = (reason(of, expression, words if is_sample else of.title[:9], field),)
    return Entry(of.id, 1 / of.id, reasons)


def edition(papers: Iterable[Paper] | None = None, **changes: object) -> DigestEdition:
    """Return a digest of the given papers, the eight sample papers if none are."""
    chosen = tuple(papers) if papers is not None else tuple(paper(n) for n in range(1, 9))
    digest = Digest(
        id=1,
        subscriber_id=7,
        period=date(2026, 3, 17),
        window=Window(41, 42),
        considered=48 + len(chosen),
        matched=len(chosen) + 4 if chosen else 0,
        entries=tuple(entry(each) for each in chosen),
        composed_at=MORNING,
    )
    return DigestEdition(
        digest=replace(digest, **changes),  # type: ignore[arg-type]
        subscriber=subscriber(),
        papers={each.id: each for each in chosen},
    )


def folded_edition(
    *titles: str, topic: str = "negative sampling", papers: int = 2
) -> DigestEdition:
    """Return a digest whose first paper has papers of these titles folded under it."""
    shown = edition(paper(number) for number in range(1, papers + 1))
    others = [paper(100 + number, title=title) for number, title in enumerate(titles)]
    first, *rest = shown.digest.entries
    first = replace(first, folded=tuple(each.id for each in others), topic=topic)
    return replace(
        shown,
        digest=replace(shown.digest, entries=(first, *rest)),
        papers=shown.papers | {each.id: each for each in others},
    )


def reasoned_edition(*kinds: MatchKind, spans: bool = True) -> DigestEdition:
    """Return a digest of a paper with a reason of each kind, in the abstract, a word of it marked."""
    only = paper(2)
    sentence = only.abstract.partition(". ")[0] + "."
    marked = ((0, 5),) if spans else ()
    names = {MatchKind.LIKED: "Retrievers <Revisited>"}
    reasons = tuple(
        Reason(names.get(kind, f"{kind} interest"), kind, Field.ABSTRACT, sentence, marked, 0.5)
        for kind in kinds
    )
    return edition([only], entries=(Entry(only.id, 1.0, reasons),))


def hostile_papers() -> tuple[Paper, ...]:
    """Return papers whose titles, abstracts, authors and links mean harm."""
    links = (
        Link(LinkKind.CODE, "javascript:alert(1)"),
        Link(LinkKind.DEMO, 'https://example.org/"onmouseover="alert(1)'),
        Link(LinkKind.DATA, "http://[broken"),
        Link(LinkKind.MODEL, "https://example.org/" + "a" * 2000),
        Link(LinkKind.PROJECT, "https://example.org/?a=1&copy=2&lt=3"),
    )
    return tuple(
        paper(
            number,
            title=title,
            abstract=f"{title} Then a sentence. {title} And another one, to the end.",
            links=links,
            authors=(title[:60], ""),
        )
        for number, title in enumerate(HOSTILE_TITLES, start=1)
    )


def hostile_edition() -> DigestEdition:
    """Return a digest of the hostile papers."""
    return edition(hostile_papers())


def heavy_edition(papers: int = 30, filler: str = "Long words & such. ") -> DigestEdition:
    """Return a digest of papers with 400-character titles and 10,000-character abstracts."""
    title = (filler * 400)[:400]
    abstract = (filler * 10_000)[:10_000]
    links = tuple(Link(LinkKind.CODE, f"https://example.org/{n}?" + "&=" * 200) for n in range(9))
    return edition(
        paper(number, title=title, abstract=abstract, links=links)
        for number in range(1, papers + 1)
    )


def feed(papers: Iterable[Paper] | None = None, name: str = "trending") -> Feed:
    """Return a feed of the given papers, the eight sample papers if none are, newest first."""
    chosen = tuple(papers) if papers is not None else tuple(paper(n) for n in range(1, 9))
    items = tuple(
        FeedItem(each, published_at=each.created_at, updated_at=each.updated_at) for each in chosen
    )
    newest = max((item.updated_at for item in items), default=MORNING)
    return Feed(name, "Trending papers", "New papers that many read.", items, newest)


def hostile_feed() -> Feed:
    """Return a feed of the hostile papers."""
    return feed(hostile_papers())
