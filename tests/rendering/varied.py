"""Digests of all kinds, the same on every run: many and few papers, readers, reasons, and harm."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from digest.delivery.message import Envelope
from digest.model.digests import DigestEdition, Entry, Field, MatchKind, Reason
from digest.model.languages import LANGUAGES
from digest.model.papers import Link, LinkKind, Paper, PaperId, Scheme
from digest.model.subscribers import Cadence, Days, Interest, Subscriber
from digest.text import clean_line
from tests.rendering import samples

COUNTS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 12, 15, 20, 20, 25, 30, 30, 0, 1, 60, 200)
READERS = 30
PAPERS = 260
# HTML cannot hold NUL, and what parses it drops some of what else is not printed; what is stored
# was cleaned of both. The rest reaches the templates here as it came.
_HARM = (
    *(clean_line(title) for title in samples.HOSTILE_TITLES),
    "\u202eright to left override\u202c and \u2066isolates\u2069 \u200f",
    "</style></title></td></table><h1>Broken out</h1>",
    "{{ unsubscribe_url }} {% remembered card in cards %} {# a comment #}",
    "&lt;b&gt; &amp;amp; &#0; &nbsp; &zwnj; &unknown; &copy=1",
    "=0A=0D=3D=\n.\n..\nFrom a line that ends",
    "spaces at the end of a line of seventy-three characters, and one more.... \nand another\t\n",
    "\u2028lines\u2029of\u0085other kinds\u00a0and\u200bspaces\u00ad",
    "jinjatag0q <!--jinjatag1q--> =_boundary --=_boundary--",
    "http://evil.example/in/a/title?x=1&y=2 mailto:a@example.org",
    "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd \u4f60\u597d \U0001f468\u200d\U0001f469\u200d\U0001f467 Z\u0351\u036b\u0343a\u030algo",
    "$\\frac{a<b}{c>d}$ \\& 5 % \\href{javascript:alert(1)}{x} ~--- ``q''",
    "a" * 400,
    "\U0001f600" * 400,
    "\u05d0 " * 200,
    "]]>" * 40,
)
_WORDS = ("graph neural networks", "diffus* + protein", "RAG", "na\u00efve Bayes^2", "<b>&amp;")


def editions(number: int = 100, seed: int = 2026) -> Iterator[DigestEdition]:
    """Yield varied digests; readers and papers come again, in other company."""
    dice = random.Random(seed)  # noqa: S311  not a secret
    papers = [_paper(dice, each) for each in range(1, PAPERS + 1)]
    readers = [_reader(dice, each) for each in range(1, READERS + 1)]
    reasons = {paper.id: [_reasons(dice, paper) for _ in range(3)] for paper in papers}
    for at in range(number):
        count = COUNTS[at % len(COUNTS)]
        chosen = dice.sample(papers, count)
        others = [paper for paper in papers if paper not in chosen]
        entries = tuple(
            replace(_folding(dice, paper, others), reasons=dice.choice(reasons[paper.id]))
            for paper in chosen
        )
        shown = {paper.id: paper for paper in papers}
        is_rest = dice.random() < 0.15
        period = date(2026, 3, 17)
        edition = samples.edition(
            chosen,
            id=at + 1,
            entries=tuple(replace(each, reasons=()) for each in entries) if is_rest else entries,
            considered=dice.choice((0, count, 48 + count)) if not count else 48 + count,
            matched=0 if is_rest else count + dice.choice((0, 1, 1200)),
            period=period,
        )
        since = samples.MORNING - timedelta(days=dice.choice((0, 1, 2, 9)))
        yield replace(
            edition,
            subscriber=dice.choice(readers),
            papers=shown,
            read_since=dice.choice((None, since)),
        )


def envelope(edition: DigestEdition) -> Envelope:
    """Return where a digest goes, with everything a list mail has."""
    links, subscriber = samples.links(), edition.subscriber
    return Envelope(
        sender="digest@example.org",
        sender_name='Paper "Digest" \u00fc \u05d0',
        recipient=subscriber.address,
        site_name="Paper Digest",
        key=f"0123456789abcdef{edition.digest.id}",
        planned_at=edition.digest.composed_at,
        list_id="digest.example.org",
        unsubscribe_url=links.unsubscribe(subscriber),
        one_click_url=links.one_click(subscriber),
        unsubscribe_mailto="mailto:unsubscribe@example.org?subject=token",
        help_url=links.preferences(subscriber),
    )


def _paper(dice: random.Random, number: int) -> Paper:
    plain = samples.paper(number)
    title = dice.choice((plain.title, plain.title, dice.choice(_HARM)))
    abstract = dice.choice(
        (plain.abstract, plain.abstract, "", dice.choice(_HARM) * dice.choice((1, 3, 20)))
    )
    links = dice.choice((plain.links, (), samples.hostile_papers()[0].links, _many(number)))
    ids = dice.choice((plain.ids, (), (PaperId(Scheme.DOI, '10.1/a"b<c>&d'),)))
    return replace(plain, title=title, abstract=abstract[:10_000], links=links, ids=ids)


def _many(number: int) -> tuple[Link, ...]:
    return tuple(Link(kind, f"https://example.org/{number}?a=1&b={kind}") for kind in LinkKind)


def _reader(dice: random.Random, number: int) -> Subscriber:
    interests = dice.choice(((), _WORDS[:1], _WORDS, tuple(f"interest {n}" for n in range(50))))
    harm = clean_line(dice.choice(_HARM))[:80]
    zone = dice.choice(("UTC", "Europe/Berlin", "Pacific/Kiritimati"))
    days = dice.choice(tuple(Days))
    confirmed_at = dice.choice((None, samples.MORNING - timedelta(days=number)))
    return samples.subscriber(
        id=10 ** dice.randrange(1, 12) + number,
        address=f"reader{number}@example.org",
        interests=tuple(Interest(each) for each in (*interests, harm)),
        cadence=Cadence(days, samples.subscriber().cadence.at, zone, number % 7),
        confirmed_at=confirmed_at,
        token_version=number,
        language=dice.choice(tuple(LANGUAGES)),
    )


def _reasons(dice: random.Random, paper: Paper) -> tuple[Reason, ...]:
    return tuple(_reason(dice, paper) for _ in range(dice.randrange(4)))


def _reason(dice: random.Random, paper: Paper) -> Reason:
    field = dice.choice(tuple(Field))
    sentence = paper.title if field is Field.TITLE else paper.abstract[:300]
    at = dice.randrange(len(sentence) + 1)
    spans = dice.choice(((), ((at, at + 9),), ((0, 3), (4, 9)), ((5, 2), (0, 10_000))))
    expression = dice.choice((*_WORDS, dice.choice(_HARM)[:80]))
    return Reason(expression, dice.choice(tuple(MatchKind)), field, sentence, spans, dice.random())


def _folding(dice: random.Random, paper: Paper, others: list[Paper]) -> Entry:
    folded = dice.sample(others, dice.choice((0, 0, 0, 1, 3, 20)))
    topic = dice.choice(("", "negative sampling", dice.choice(_HARM)[:120]))
    numbers = tuple(each.id for each in folded)
    return Entry(paper.id, 1 / paper.id, (), numbers, topic if folded else "")
