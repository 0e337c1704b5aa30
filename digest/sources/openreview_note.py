"""A submission to a venue on OpenReview, as its notes say it in either version of the API."""

import re
from dataclasses import dataclass, replace
from datetime import date

from digest.model.papers import Link, LinkKind, PaperId, PaperRecord, Scheme
from digest.sources.base import Listed
from digest.sources.formats.json_shape import Node, ShapeError
from digest.sources.stated import listed_under, record_of, stated_link

_SITE = "https://openreview.net"
_NUMBER = re.compile(r"[\w-]{1,64}", re.ASCII)
_PDF = re.compile(r"/(?:pdf|attachment)[/?][\w./?=&-]{1,200}", re.ASCII)
_LEFT = re.compile(r"/(?:Withdrawn|Desk_?Rejected|Retracted)(?:_Submission)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Note:
    """A paper as it was read; one that is gone is listed nowhere. `made` is in ms."""

    paper_id: PaperId
    made: int
    listed: Listed | None
    is_gone: bool = False


def read_note(node: Node, begun: date, today: date, at: int) -> Note | None:
    """Return a note, which stands `at` so many places and its own in the list; raises ShapeError.

    None for a reply to one. What was public before the day `begun` is an update.
    """
    forum = node.need_object().field("forum", "id").need_text()
    if not _NUMBER.fullmatch(forum):
        raise ShapeError(f"{node.path}.forum is no number of OpenReview's")
    if node.field("replyto").text() or node.field("id").text() not in {"", forum}:
        return None
    paper_id = PaperId(Scheme.OPENREVIEW, forum)
    stamp = node.field("tcdate", "cdate")
    made_on, made = stamp.day_of_ms(), 0
    if made_on is not None and made_on <= today:  # else the look after would ask for none but it
        made = max(0, int(stamp.number() or 0.0))
    content = node.field("content")
    if node.field("ddate").number():
        return Note(paper_id, made, None, is_gone=True)
    # It left the venue; where it was known from elsewhere it stands.
    if _LEFT.search(content.field("venueid").text()):
        return Note(paper_id, made, None)
    days = [node.field(name).day_of_ms() for name in ("odate", "pdate", "cdate", "tcdate")]
    past = [day for day in days if day is not None and day <= today]
    day = past[0] if past else today
    record = replace(
        _record(node.need_object(), content.need_object(), paper_id, at),
        published_on=day,
        is_update=day < begun,
    )
    return Note(paper_id, made, listed_under(day, record, today))


def _record(node: Node, content: Node, paper_id: PaperId, at: int) -> PaperRecord:
    pdf = content.field("pdf").text().strip()
    address = f"{_SITE}{pdf}" if _PDF.fullmatch(pdf) and ".." not in pdf else pdf
    place = int(node.path.rpartition("[")[2].rstrip("]")) + 1
    return record_of(
        node,
        at + place,
        content.field("title").need_text(),
        content.field("abstract").text(),
        ids=(paper_id,),
        links=(
            Link(LinkKind.PAPER, f"{_SITE}/forum?id={paper_id.value}"),
            *stated_link(LinkKind.PDF, address),
        ),
        authors=(
            each.text() or each.field("fullname", "name").text()
            for each in content.field("authors").items()
        ),
        published_on=None,
    )
