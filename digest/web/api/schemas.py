"""What the API says and takes, as JSON Schema: each thing once, under its name."""

from typing import Any

from digest.model.deliveries import DeliveryState
from digest.model.digests import Field, MatchKind
from digest.model.feedback import FeedbackKind
from digest.model.languages import LANGUAGES
from digest.model.papers import DateOrigin, LinkKind
from digest.model.subscribers import (
    MAX_EXPRESSION,
    MAX_INTERESTS,
    MAX_PAPERS,
    Days,
    QuietDays,
    SubscriberState,
)
from digest.pipeline.muting import MAX_MUTES
from digest.pipeline.wishes import WEEKDAYS
from digest.ranking.preview import Verdict
from digest.ranking.variants import Kind

Schema = dict[str, Any]

LARGEST_ID = 2**31 - 1
_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
MOMENT: Schema = {"type": "string", "format": "date-time"}
DATE: Schema = {"type": "string", "format": "date", "examples": ["2026-03-17"]}
URL: Schema = {"type": "string", "format": "uri"}
KEY: Schema = {
    "type": "string",
    "pattern": "^[a-z0-9-]{1,80}$",
    "description": "A paper's name in addresses; it never changes.",
    "examples": ["attention-is-all-you-need-gq3p4w45uwbd"],
}
EXPRESSION: Schema = {
    "type": "string",
    "format": "keyword-expression",
    "minLength": 1,
    "maxLength": MAX_EXPRESSION,
    "description": "A keyword expression, as the pages explain it.",
    "examples": ["graph neural networks"],
}


def ref(name: str) -> Schema:
    """Return a reference to what stands under a name."""
    return {"$ref": f"#/components/schemas/{name}"}


def list_of(items: Schema, most: int | None = None, least: int | None = None) -> Schema:
    """Return a list."""
    limits = {"maxItems": most, "minItems": least}
    found = {name: limit for name, limit in limits.items() if limit is not None}
    return {"type": "array", "items": items, **found}


def or_null(schema: Schema) -> Schema:
    """Return a schema that allows null besides."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def answer_of(about: str, **properties: Schema) -> Schema:
    """Return an object of an answer: everything in it is always there."""
    return {
        "type": "object",
        "description": about,
        "properties": properties,
        "required": list(properties),
    }


def body_of(about: str, properties: Schema, *required: str) -> Schema:
    """Return an object that is sent: nothing else may be in it."""
    return {
        "type": "object",
        "description": about,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def page_of(about: str, name: str) -> Schema:
    """Return a part of a list, with what leads to the next."""
    return answer_of(
        about,
        items=list_of(ref(name)),
        next_cursor={
            **or_null(_TEXT),
            "description": "The cursor of the next part, null at the end.",
        },
    )


def _choice(choices: Any) -> Schema:  # noqa: ANN401  an enumeration, or names
    return {"type": "string", "enum": [str(each) for each in choices]}


_WARNING: Schema = {
    "type": "object",
    "description": "Something that was not understood, and gone past.",
    "required": ["line", "problem"],
    "properties": {"line": _COUNT, "problem": _TEXT},
}
_TIME: Schema = {
    "type": "string",
    "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
    "examples": ["07:00"],
    "description": "The local time.",
}
_ZONE: Schema = {
    "type": "string",
    "format": "time-zone",
    "maxLength": 80,
    "examples": ["Europe/Berlin"],
    "description": "An IANA time zone.",
}
_CADENCE = {
    "days": _choice(Days),
    "weekday": {**_choice(WEEKDAYS), "description": "Matters where days is weekly."},
    "at": _TIME,
    "zone": _ZONE,
}
_WISHES = {
    "papers": {
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_PAPERS,
        "description": "The most that a digest has.",
    },
    "quiet": {**_choice(QuietDays), "description": "What comes when no paper matches."},
    "language": {**_choice(LANGUAGES), "description": "Of the mails."},
}
WISHES_BODY = body_of(
    "What is left out stays as it is.",
    {
        "interests": list_of(EXPRESSION, MAX_INTERESTS, 1),
        "cadence": body_of("When digests come.", _CADENCE),
        **_WISHES,
    },
)
FEEDBACK_BODY = body_of(
    "What is said of a paper.",
    {
        "paper": KEY,
        "kind": {
            **_choice(FeedbackKind),
            "description": "More like it, less like it, or just known.",
        },
    },
    "paper",
    "kind",
)
MUTE_BODY = body_of("What is to be muted.", {"expression": EXPRESSION}, "expression")
_UNTIL = {**DATE, "description": "The first local date on which digests may come again."}
PAUSE_BODY = body_of("Until when.", {"until": _UNTIL}, "until")
PREVIEW_BODY = body_of(
    "What is to be tried.", {"keywords": list_of(EXPRESSION, MAX_INTERESTS, 1)}, "keywords"
)

_PAPER = {
    "key": KEY,
    "url": URL,
    "title": _TEXT,
    "abstract": _TEXT,
    "is_truncated": {
        "type": "boolean",
        "description": "The list it comes from cut the abstract off.",
    },
    "authors": list_of(_TEXT),
    "categories": list_of(_TEXT),
    "published_on": {
        **or_null(DATE),
        "description": "The paper's own date, where a source told it.",
    },
    "is_withdrawn": {
        "type": "boolean",
        "description": "Its source took it back: digests tell of it no more.",
    },
    "arxiv": or_null(_TEXT),
    "doi": or_null(_TEXT),
    "links": list_of(answer_of("A way to something.", kind=_choice(LinkKind), url=_TEXT)),
}
_REASON = answer_of(
    "Why a paper was chosen: the words that matched, in their sentence.",
    expression=_TEXT,
    kind=_choice(MatchKind),
    field=_choice(Field),
    sentence=_TEXT,
    spans=list_of(
        {
            "type": "array",
            "items": _COUNT,
            "minItems": 2,
            "maxItems": 2,
            "description": "Where matched words begin and end in the sentence, in characters.",
        }
    ),
)
_SUMMARY = {
    "date": {**DATE, "description": "The reader's local date it was for."},
    "url": {**or_null(URL), "description": "Its page; null while an operator holds it back."},
    "mail": {**_choice(DeliveryState), "description": "How its mail stands."},
    "composed_at": MOMENT,
    "considered": {**_COUNT, "description": "Papers that were looked at."},
    "matched": {**_COUNT, "description": "Papers that met an interest."},
    "is_rest": {
        "type": "boolean",
        "description": "Nothing matched: these are the best of the rest.",
    },
    "papers": {**_COUNT, "description": "Papers it shows, folded ones too."},
}
_DUMP = {
    "id": {"type": "integer", "minimum": 1},
    "name": _TEXT,
    "dated_on": DATE,
    "ingested_at": MOMENT,
    "papers": _COUNT,
    "new_papers": {**_COUNT, "description": "Papers no list had before."},
}

COMPONENTS: dict[str, Schema] = {
    "Paper": answer_of("A paper.", **_PAPER),
    "ListedPaper": answer_of(
        "A paper, with the list that had it first.",
        **_PAPER,
        dump={"type": "integer", "description": "The id of that list."},
        dated_on=DATE,
        listed_at=MOMENT,
    ),
    "KnownPaper": answer_of(
        "A paper, with the list that had it first and what else is known of it.",
        **_PAPER,
        dump={"type": "integer", "description": "The id of that list."},
        dated_on=DATE,
        listed_at=MOMENT,
        same_as=or_null({**KEY, "description": "The key of the paper that it turned out to be."}),
        other_titles=list_of(_TEXT),
        observations=list_of(
            answer_of(
                "What a source said of it last, in a number, and on which day.",
                name=_TEXT,
                source=_TEXT,
                value={"type": "number"},
                observed_on=DATE,
            )
        ),
    ),
    "Papers": page_of("Papers, newest first.", "ListedPaper"),
    "SearchResult": answer_of(
        "A paper that was found, and why.", paper=ref("ListedPaper"), reason=ref("Reason")
    ),
    "SearchResults": answer_of(
        "What was found, best first.",
        items=list_of(ref("SearchResult")),
        next_cursor=or_null(_TEXT),
        found={**_COUNT, "description": "How many papers were found."},
        is_cut={
            "type": "boolean",
            "description": "There may be more, older ones: only the newest candidates are read.",
        },
    ),
    "Dump": answer_of("A list of papers, as it was taken in.", **_DUMP),
    "Dumps": page_of("Lists of papers, newest first.", "Dump"),
    "TakenIn": answer_of(
        "What became of a list of papers that was sent.",
        name=_TEXT,
        papers=_COUNT,
        new_papers=_COUNT,
        is_known={"type": "boolean", "description": "Whether it had been taken in before."},
        dated_on=DATE,
        date_origin=_choice(DateOrigin),
        layout=_TEXT,
        warnings=list_of(_WARNING),
    ),
    "DumpWithPapers": answer_of(
        "A list, and a part of the papers on it, in its order.",
        **_DUMP,
        items=list_of(ref("ListedPaper")),
        next_cursor=or_null(_TEXT),
    ),
    "Reason": _REASON,
    "Example": answer_of(
        "A paper an expression finds or hides, and why.", paper=ref("Paper"), reason=ref("Reason")
    ),
    "Suggestion": answer_of(
        "An expression to use instead.",
        expression=_TEXT,
        kind=_choice(Kind),
        finds=_COUNT,
        more={
            "type": "integer",
            "description": "How many more it finds; fewer where it is negative.",
        },
        effect=_TEXT,
    ),
    "Preview": answer_of(
        "What an expression finds among the newest papers.",
        expression=_TEXT,
        normal={**_TEXT, "description": "How it was understood."},
        verdict=_choice(Verdict),
        sentence={**_TEXT, "description": "The same in words, and what to do."},
        matched=_COUNT,
        total=_COUNT,
        dumps=_COUNT,
        a_week={"type": ["number", "null"], "description": "How many papers to expect."},
        hidden={**_COUNT, "description": "Papers that an exclusion hides."},
        examples=list_of(ref("Example")),
        hidden_examples=list_of(ref("Example")),
        suggestions=list_of(ref("Suggestion")),
    ),
    "Previews": answer_of(
        "One for each expression, in their order.", items=list_of(ref("Preview"))
    ),
    "Feed": answer_of(
        "A feed that anybody may follow.",
        name=_TEXT,
        title=_TEXT,
        description=_TEXT,
        page=URL,
        rss=URL,
        atom=URL,
        json=URL,
    ),
    "Feeds": answer_of("Feeds.", items=list_of(ref("Feed"))),
    "Me": answer_of(
        "A reader: who they are, what they want, and when it comes.",
        address=_TEXT,
        state=_choice(SubscriberState),
        interests=list_of(_TEXT),
        cadence=answer_of("When digests come.", **_CADENCE),
        **_WISHES,
        next_due_at=or_null(MOMENT),
        paused_until=or_null(MOMENT),
        created_at=MOMENT,
        confirmed_at=or_null(MOMENT),
    ),
    "DigestSummary": answer_of("A digest, without its papers.", **_SUMMARY),
    "Digests": page_of("Digests, newest first.", "DigestSummary"),
    "Entry": answer_of(
        "A paper in a digest, why it is there, and the papers much like it that were folded under it.",
        paper=ref("Paper"),
        score={"type": "number"},
        reasons=list_of(ref("Reason")),
        folded=list_of(ref("Paper")),
        topic=_TEXT,
    ),
    "Digest": answer_of("A digest.", **_SUMMARY, entries=list_of(ref("Entry"))),
    "Word": answer_of(
        "What a reader said of a paper.", paper=ref("Paper"), kind=_choice(FeedbackKind)
    ),
    "Words": answer_of(
        "What a reader liked and disliked, newest first.", items=list_of(ref("Word"), 50)
    ),
    "Mute": answer_of("What a reader hears nothing of.", expression=_TEXT, until=MOMENT),
    "Mutes": answer_of("Mutes, what ends last first.", items=list_of(ref("Mute"), MAX_MUTES)),
    "Problem": {
        **answer_of(
            "What went wrong (RFC 9457).", type=URL, title=_TEXT, status=_COUNT, detail=_TEXT
        ),
    },
}
COMPONENTS["Problem"]["properties"]["errors"] = list_of(
    {
        "type": "object",
        "required": ["detail"],
        "properties": {
            "detail": _TEXT,
            "pointer": {**_TEXT, "description": "The place in the body, as a JSON pointer."},
            "parameter": _TEXT,
            "expression": {**_TEXT, "description": "The keyword expression, cleaned."},
            "position": {**_COUNT, "description": "At which of its characters, from 0."},
            "line": {**_COUNT, "description": "The line of a file, from 1."},
        },
    }
)
