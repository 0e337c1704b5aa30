"""Papers, digests and readers as the API tells of them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from digest.model.deliveries import Delivery
from digest.model.digests import Digest, Entry, Reason
from digest.model.papers import ListedPaper, Paper, Scheme, StoredDump
from digest.model.receipts import Choice
from digest.model.subscribers import Cadence, Subscriber
from digest.pipeline.preview import Example, InterestPreview
from digest.pipeline.wishes import WEEKDAYS
from digest.rendering.links import Links
from digest.store.observations import Observation

Json = dict[str, Any]


def moment(at: datetime | None) -> str | None:
    """Return a moment in UTC, to the second."""
    if at is None:
        return None
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def paper_as_json(paper: Paper, links: Links) -> Json:
    """Return a paper."""
    ids = {each.scheme: each.value for each in paper.ids}
    return {
        "key": paper.key,
        "url": links.paper(paper),
        "title": paper.title,
        "abstract": paper.abstract,
        "is_truncated": paper.is_truncated,
        "authors": list(paper.authors),
        "categories": list(paper.categories),
        "published_on": paper.published_on.isoformat() if paper.published_on else None,
        "is_withdrawn": paper.withdrawn_at is not None,
        "arxiv": ids.get(Scheme.ARXIV),
        "doi": ids.get(Scheme.DOI),
        "links": [{"kind": each.kind.value, "url": each.url} for each in paper.links],
    }


def listed_as_json(listed: ListedPaper, links: Links) -> Json:
    """Return a paper with the list that had it first."""
    return {
        **paper_as_json(listed.paper, links),
        "dump": listed.dump_id,
        "dated_on": listed.dated_on.isoformat(),
        "listed_at": moment(listed.listed_at),
    }


def observed_as_json(observed: Iterable[Observation]) -> list[Json]:
    """Return what services said of a paper last, in numbers."""
    return [
        {
            "name": each.name,
            "source": each.source,
            "value": each.value,
            "observed_on": each.observed_on.isoformat(),
        }
        for each in observed
    ]


def dump_as_json(stored: StoredDump) -> Json:
    """Return a list of papers without them."""
    return {
        "id": stored.id,
        "name": stored.dump.name,
        "dated_on": stored.dump.dated_on.isoformat(),
        "ingested_at": moment(stored.ingested_at),
        "papers": stored.papers,
        "new_papers": stored.new_papers,
    }


def reason_as_json(reason: Reason) -> Json:
    """Return why a paper was chosen."""
    return {
        "expression": reason.expression,
        "kind": reason.kind.value,
        "field": reason.field.value,
        "sentence": reason.sentence,
        "spans": [list(span) for span in reason.spans],
    }


def preview_as_json(preview: InterestPreview, links: Links) -> Json:
    """Return what an expression finds."""
    found = preview.found
    return {
        "expression": preview.expression,
        "normal": found.normal,
        "verdict": found.verdict.value,
        "sentence": found.sentence,
        "matched": found.matched,
        "total": found.total,
        "dumps": found.dumps,
        "a_week": None if found.a_week is None else round(found.a_week, 2),
        "hidden": found.hidden,
        "examples": _examples(preview.examples, links),
        "hidden_examples": _examples(preview.hidden, links),
        "suggestions": [
            {
                "expression": each.expression,
                "kind": each.kind.value,
                "finds": each.finds,
                "more": each.more,
                "effect": each.effect,
            }
            for each in found.suggestions
        ],
    }


def cadence_as_json(cadence: Cadence) -> Json:
    """Return when digests come."""
    return {
        "days": cadence.days.value,
        "weekday": WEEKDAYS[cadence.weekday],
        "at": f"{cadence.at:%H:%M}",
        "zone": cadence.zone,
    }


def reader_as_json(subscriber: Subscriber) -> Json:
    """Return a reader: to themselves, and to nobody else."""
    return {
        "address": subscriber.address,
        "state": subscriber.state.value,
        "interests": [each.expression for each in subscriber.interests],
        "cadence": cadence_as_json(subscriber.cadence),
        "papers": subscriber.papers_per_digest,
        "quiet": subscriber.quiet.value,
        "language": subscriber.language,
        "next_due_at": moment(subscriber.next_due_at),
        "paused_until": moment(subscriber.paused_until),
        "created_at": moment(subscriber.created_at),
        "confirmed_at": moment(subscriber.confirmed_at),
    }


def choice_as_json(choice: Choice, mail: Delivery, url: str | None) -> Json:
    """Return a digest without its papers, and how its mail stands."""
    return {
        "date": choice.period.isoformat(),
        "url": url,
        "mail": mail.state.value,
        "composed_at": moment(choice.composed_at),
        "considered": choice.considered,
        "matched": choice.matched,
        "is_rest": choice.is_rest,
        "papers": choice.papers,
    }


def entries_as_json(digest: Digest, known: Mapping[int, Paper], links: Links) -> list[Json]:
    """Return the papers of a digest, best first, with the reasons for each."""
    return [_entry(each, known, links) for each in digest.entries]


def _entry(entry: Entry, known: Mapping[int, Paper], links: Links) -> Json:
    return {
        "paper": paper_as_json(known[entry.paper_id], links),
        "score": round(entry.score, 4),
        "reasons": [reason_as_json(each) for each in entry.reasons],
        "folded": [paper_as_json(known[number], links) for number in entry.folded],
        "topic": entry.topic,
    }


def _examples(examples: Iterable[Example], links: Links) -> list[Json]:
    return [
        {"paper": paper_as_json(each.paper, links), "reason": reason_as_json(each.reason)}
        for each in examples
    ]
