"""What a private feed says of a digest's papers beside what any feed does: why they are shown.

The reasons, the sentence and the words marked in it are those of the mail, made by the same
functions of the same rows.
"""

from collections.abc import Iterable, Mapping
from html import escape

from digest.model.digests import Digest, Entry
from digest.model.papers import Paper
from digest.rendering.budget import Shape
from digest.rendering.environment import day_month, plural
from digest.rendering.links import Links
from digest.rendering.marks import pieces
from digest.rendering.reasons import Ground, why
from digest.text import clean_line

_SENTENCE = Shape(1, 1).sentence
_OF_THE_REST = "From the rest of the day\u2019s papers: none of your interests matched it."


def why_line(entry: Entry) -> str:
    """Return why a paper is shown, as a paragraph of HTML, with what matched in its sentence."""
    if not entry.reasons:
        return f"<p>{_OF_THE_REST}</p>"
    found = why(entry.reasons)
    line = _grounds(found.grounds)
    line = f"{line[:1].upper()}{line[1:]}"
    if found.quoted:
        cut = pieces(found.quoted, _SENTENCE)
        said = "".join(_hit(each.text) if each.is_match else _text(each.text) for each in cut)
        line += f': <span dir="auto">{said}</span>'
    if found.besides:
        line += f" Also {_grounds(found.besides)}."
    return f"<p>{line}</p>"


def folded_line(entry: Entry, papers: Mapping[int, Paper], links: Links) -> str:
    """Return the papers told under another as HTML, "" if there are none."""
    if not entry.folded:
        return ""
    about = f"on {_text(entry.topic)}" if entry.topic else "much like this one"
    named = "".join(f"<li>{_link(papers[each], links)}</li>" for each in entry.folded)
    return f"<p>And {len(entry.folded):,} more {about}:</p><ul>{named}</ul>"


def digest_title(digest: Digest, papers: Mapping[int, Paper]) -> str:
    """Return a digest's title, which is the subject of its mail."""
    count = sum(len(entry.paper_ids) for entry in digest.entries)
    first = papers[digest.entries[0].paper_id].title
    return f"{plural(count, 'paper')}, {day_month(digest.period)}: {clean_line(first)}"


def digest_html(digest: Digest, papers: Mapping[int, Paper], links: Links) -> str:
    """Return a whole digest as HTML: its papers in their order, each with the reason for it."""
    listed = "".join(_listed(entry, papers, links) for entry in digest.entries)
    return f"<p>{_lead(digest)}</p><ol>{listed}</ol>"


def titles(entries: Iterable[Entry], papers: Mapping[int, Paper]) -> str:
    """Return the titles of papers as one line of text."""
    return "; ".join(clean_line(papers[entry.paper_id].title) for entry in entries)


def _listed(entry: Entry, papers: Mapping[int, Paper], links: Links) -> str:
    paper = papers[entry.paper_id]
    return f"<li>{_link(paper, links)}{why_line(entry)}{folded_line(entry, papers, links)}</li>"


def _lead(digest: Digest) -> str:
    read = plural(digest.considered, "new paper")
    if not digest.matched:
        return f"None of the {read} matched your interests. Here are the best of the rest."
    return f"{digest.matched:,} of {read} matched your interests, best first."


def _grounds(grounds: Iterable[Ground]) -> str:
    return "".join(
        f'{_text(each.before)}<em dir="auto">{_text(each.name)}</em>{_text(each.after)}'
        for each in grounds
    )


def _link(paper: Paper, links: Links) -> str:
    title = _text(clean_line(paper.title) or "Untitled")
    # Whoever is led away must not learn from which address.
    return f'<a href="{escape(links.paper(paper))}" rel="noreferrer">{title}</a>'


def _hit(text: str) -> str:
    return f"<strong>{_text(text)}</strong>"


def _text(text: str) -> str:
    # Line ends stay spaces and nothing that XML forbids gets in; the ends are the caller's.
    cleaned = clean_line(f"|{text}|")
    return escape(cleaned[1:-1])
