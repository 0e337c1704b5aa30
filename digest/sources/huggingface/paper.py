"""A paper in a list of Hugging Face's, in its API or on a saved page of its site."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

from digest.model.papers import Link, LinkKind, PaperId, PaperRecord
from digest.sources.arxiv.ids import pdf_of, read_arxiv_id
from digest.sources.formats.json_shape import Node, ShapeError
from digest.sources.stated import record_of, stated_link


@dataclass(frozen=True, slots=True)
class DailyPaper:
    """A paper in a list of Hugging Face's: its day there, unless nothing says it, or withdrawn."""

    day: date | None
    record: PaperRecord
    is_withdrawn: bool = False


def read_paper(item: Node) -> DailyPaper:
    """Return a paper of a list, in the API or on a saved page; raises ShapeError.

    The paper's own `publishedAt` is when it came out on arXiv; the day it was put on the list is
    beside it, or `submittedOnDailyAt`. What has moved from one level to the other is read at both.
    """
    item.need_object()
    paper = item.field("paper").need_object()
    arxiv = read_arxiv_id(paper.field("id").need_text())
    if arxiv is None:
        raise ShapeError(f"{paper.path}.id is no arXiv id")
    title = paper.field("title").text() or item.field("title").need_text()
    record = record_of(
        item,
        1,
        title,
        paper.field("summary").text() or item.field("summary").text(),
        ids=(arxiv.paper_id,),
        links=(
            *_link(LinkKind.CODE, "githubRepo", paper, item),
            *_link(LinkKind.PROJECT, "projectPage", paper, item),
            pdf_of(arxiv.paper_id),
        ),
        authors=_authors(paper),
        published_on=paper.field("publishedAt").day(),
    )
    upvotes = paper.field("upvotes").count()
    return DailyPaper(
        _day_of(paper, item),
        replace(record, upvotes=item.field("upvotes").count() if upvotes is None else upvotes),
        is_withdrawn=bool(_either("withdrawnAt", paper, item).value),
    )


def each_once(papers: list[DailyPaper]) -> list[DailyPaper]:
    """Return the papers of a list, each where it comes first, numbered in that order."""
    unique: dict[PaperId, DailyPaper] = {}
    for each in papers:
        unique.setdefault(each.record.ids[0], each)
    return [
        replace(each, record=replace(each.record, position=place))
        for place, each in enumerate(unique.values(), 1)
    ]


def list_day(papers: list[DailyPaper]) -> date | None:
    """Return the day that most papers of a list say it is of."""
    days = Counter(each.day for each in papers if each.day)
    return max(days, key=lambda day: (days[day], day), default=None)


def _either(name: str, paper: Node, item: Node) -> Node:
    inner = paper.field(name)
    return item.field(name) if inner.value is None else inner


def _link(kind: LinkKind, name: str, paper: Node, item: Node) -> tuple[Link, ...]:
    return stated_link(kind, paper.field(name).text() or item.field(name).text())


def _day_of(paper: Node, item: Node) -> date | None:
    return (
        paper.field("submittedOnDailyAt").day()
        or item.field("submittedOnDailyAt").day()
        or item.field("publishedAt").day()
    )


def _authors(paper: Node) -> list[str]:
    """Return the names of authors, without those that Hugging Face hides on its pages."""
    return [
        each.text() or each.field("name").text()
        for each in paper.field("authors").items()
        if each.field("hidden").value is not True
    ]
