"""Invented readers with real and with hostile papers, for whoever wants to look at mails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import cache

from digest.model.digests import Digest
from digest.model.papers import ListedPaper, Paper, PaperRecord
from digest.model.profiles import Profile
from digest.model.quiet import nearest_of
from digest.model.sources import Lack, Lacking
from digest.model.subscribers import (
    Cadence,
    Days,
    Interest,
    QuietDays,
    Subscriber,
    SubscriberState,
)
from digest.pipeline.foresee import new_digest
from digest.pipeline.recognising import paper_key
from digest.ranking.rank import rank
from digest.resources import resource_folder
from digest.sources.dumps.text import read_dump
from digest.sources.identity.same import signature
from digest.sources.texts.normalize import record_from, title_key

_USUAL = ("graph neural networks", "molecul* + generation", "RAG", "large language models^0.5")
_MANY = (
    *("graph neural networks", "diffusion models", "retrieval augmented generation", "robotics"),
    *("reinforcement learning", "quantization", "fairness | privacy", "benchmark*", "agents"),
    *("multimodal", "speech", "vision-language", "medical + imag*", "reasoning", "hallucination*"),
    *("protein + design", "time series", "knowledge distillation", "3D", "video generation"),
    *("long context", "tokeni* | tokenis*", "machine translation", "tables", "recommend*"),
    *("embeddings", "code generation", "theorem proving", "safety", "interpretability"),
)
_AWAY = timedelta(days=14)
# "Learning from graphs and networks": each of its letters takes six when it is sent.
_LARGE = "\u039c\u03ac\u03b8\u03b7\u03c3\u03b7 \u03b1\u03c0\u03cc \u03b3\u03c1\u03b1\u03c6\u03ae\u03bc\u03b1\u03c4\u03b1 \u03ba\u03b1\u03b9 \u03b4\u03af\u03ba\u03c4\u03c5\u03b1, "
_ADDRESSES = " ".join(f"https://example.org/{part}/{'deeper/' * 50}" for part in range(6))
_HOSTILE_WISHES = (
    '"<b>bold</b>"', "graphs", '"{{ 7 }}"', "deep learning", "encoded", "emoji",
)  # fmt: skip
_HOSTILE = (
    '<script>alert("title")</script> & <b>bold</b> {{ 7 * 7 }} {% raw %} in graphs',
    "Graphs" + "W" * 380,
    (
        "\u05dc\u05de\u05d9\u05d3\u05d4 \u05e2\u05de\u05d5\u05e7\u05d4 \u05e9\u05dc"
        " \u05d2\u05e8\u05e4\u05d9\u05dd: deep learning on graphs,"
        " \u0628\u0627\u0644\u0639\u0631\u0628\u064a\u0629"
    ),
    "Emoji \U0001f9ec\U0001f600 \U0001f469\u200d\U0001f52c in graphs \u2014 \u201cquoted\u201d",
    "If $x<y$ and $a>b$ then \\mathcal{O}(n^2) graphs & 5 % of ``it''",
    "Graphs that end a section ]]> and begin <![CDATA[ another --> <!-- of a comment",
    "=?utf-8?q?Encoded=0ABcc:_a@example.org?= graphs",
    "\"><img src=x onerror=alert(1)> 'single' `tick` graphs",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A reader who does not exist, with a digest that was chosen for them as for anybody.

    `read_since` is when the first of the papers it was chosen from were read.
    """

    name: str
    about: str
    reader: Subscriber
    digest: Digest
    papers: dict[int, Paper]
    read_since: datetime

    def of(self, reader: Subscriber) -> "Sample":
        """Return the same digest as if it were another's."""
        digest = replace(self.digest, subscriber_id=reader.id, wishes=None)
        return replace(self, reader=reader, digest=digest)


def sample_reader(now: datetime, *expressions: str, papers: int = 8) -> Subscriber:
    """Return an active reader in Berlin; nobody has the version of their links, so they do nothing."""
    return Subscriber(
        id=0,
        address="ada@example.org",
        state=SubscriberState.ACTIVE,
        cadence=Cadence(Days.DAILY, time(7, 0), "Europe/Berlin"),
        papers_per_digest=papers,
        interests=tuple(Interest(each) for each in expressions or _USUAL),
        created_at=now - timedelta(days=14),
        confirmed_at=now - timedelta(days=14),
        next_due_at=now,
        seen_through=0,
        token_version=0,
    )


def usual(now: datetime) -> Sample:
    """Return a day as most are."""
    reader = sample_reader(now)
    return _sample("usual", "a usual day of a usual reader", reader, _examples(), now)


def many(now: datetime) -> Sample:
    """Return the digest of somebody who wants to hear of everything."""
    reader = sample_reader(now, *_MANY, papers=30)
    return _sample("many", f"{len(_MANY)} interests, 30 papers", reader, _examples(), now)


def quiet(now: datetime) -> Sample:
    """Return a day on which nothing matched."""
    reader = sample_reader(now, "glaciers + hydrophone")
    return _sample("quiet", "a day on which nothing matched", reader, _examples(), now)


def rest(now: datetime) -> Sample:
    """Return a day on which nothing matched, of somebody who then wants what comes nearest."""
    reader = replace(sample_reader(now, "glaciers + models"), quiet=QuietDays.REST)
    return _sample("rest", "nothing matched: the best of the rest", reader, _examples(), now)


def catch_up(now: datetime) -> Sample:
    """Return the one digest of somebody who was away for a fortnight."""
    reader = sample_reader(now, papers=12)
    about = "the first day after a fortnight away"
    return _sample("catch-up", about, reader, _examples(), now, since=now - _AWAY)


def incomplete(now: datetime) -> Sample:
    """Return a day on which one source was silent and another gave half of what it usually has."""
    reader = sample_reader(now)
    found = _sample("incomplete", "sources that were incomplete then", reader, _examples(), now)
    yesterday = now - timedelta(days=1)
    lacking = (
        Lacking("arxiv:cs.LG", "arXiv cs.LG", Lack.SILENT, yesterday.replace(hour=14, minute=0)),
        Lacking("huggingface", "Hugging Face", Lack.FEW, now, yesterday.date(), 18, 42),
    )
    return replace(found, digest=replace(found.digest, lacking=lacking))


def hostile(now: datetime) -> Sample:
    """Return papers whose titles mean harm, cleaned no more than what comes from outside is."""
    reader = sample_reader(now, *_HOSTILE_WISHES)
    return _sample("hostile", "titles and interests that mean harm", reader, _hostile(), now)


def oversized(now: datetime) -> Sample:
    """Return papers of which a mail can show no more than lines."""
    reader = sample_reader(now, "graphs", papers=30)
    about = "more than fits into a mail: papers become lines"
    return _sample("oversized", about, reader, _oversized(), now)


SAMPLES: dict[str, Callable[[datetime], Sample]] = {
    "usual": usual,
    "many": many,
    "quiet": quiet,
    "rest": rest,
    "catch-up": catch_up,
    "incomplete": incomplete,
    "hostile": hostile,
    "oversized": oversized,
}


def _sample(  # noqa: PLR0913  a sample, whole
    name: str,
    about: str,
    reader: Subscriber,
    records: Sequence[PaperRecord],
    now: datetime,
    *,
    since: datetime | None = None,
) -> Sample:
    listed = [_listed(number, record, now) for number, record in enumerate(records, start=1)]
    nearest = nearest_of(reader.quiet)
    profile = Profile(reader.id, reader.interests, reader.papers_per_digest, rest=nearest)
    [selection] = rank(listed, [profile], now)
    digest = new_digest(reader, selection, now.date(), 1, now)
    shown = {each.paper.id: each.paper for each in listed if each.paper.id in digest.paper_ids}
    return Sample(name, about, reader, digest, shown, since or now)


@cache
def _examples() -> tuple[PaperRecord, ...]:
    files = sorted((resource_folder("examples") / "dumps").glob("*.txt"))
    today = datetime.now(UTC).date()
    found = (record for file in files for record in read_dump(file, today=today).records)
    return tuple({title_key(record.title): record for record in found}.values())


@cache
def _hostile() -> tuple[PaperRecord, ...]:
    return tuple(
        record_from(
            number,
            number,
            title,
            f"{title}. Then a sentence about graphs. Code: https://example.org/?a=1&copy=2&lt=3",
            is_truncated=False,
        )
        for number, title in enumerate(_HOSTILE, start=1)
    )


@cache
def _oversized() -> tuple[PaperRecord, ...]:
    return tuple(
        record_from(
            number,
            number,
            f"{each.title}, graphs: {_LARGE * 9}",
            f"{_LARGE * 30}{each.abstract} {_ADDRESSES}",
            is_truncated=False,
        )
        for number, each in enumerate(_examples()[:60], start=1)
    )


def _listed(number: int, record: PaperRecord, now: datetime) -> ListedPaper:
    paper = Paper(
        id=number,
        key=paper_key(record, signature(record)),
        title=record.title,
        abstract=record.abstract,
        links=record.links,
        authors=record.authors,
        ids=record.ids,
        is_truncated=record.is_truncated,
        created_at=now,
        updated_at=now,
    )
    return ListedPaper(paper, 1, now.date(), record.position, now)
