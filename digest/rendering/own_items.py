"""What a private feed says of a digest's papers beside what any feed does: why they are shown.

The reasons, the sentence and the words marked in it are those of the mail, made by the same
functions of the same rows, in the language that was the reader's when the digest was composed.
"""

from collections.abc import Iterable, Mapping
from html import escape

from digest.model.digests import Digest, Entry
from digest.model.papers import Paper
from digest.rendering.budget import Shape
from digest.rendering.environment import upfirst
from digest.rendering.incomplete import incomplete_so_far
from digest.rendering.languages import ENGLISH, Language, language
from digest.rendering.links import Links
from digest.rendering.marks import pieces
from digest.rendering.reasons import Ground, why
from digest.text import clean_line

_SENTENCE = Shape(1, 1).sentence


def language_of(digest: Digest) -> Language:
    """Return the language of a digest, which is that of its mail."""
    return language(digest.wishes.language) if digest.wishes else ENGLISH


def why_line(entry: Entry, words: Language) -> str:
    """Return why a paper is shown, as a paragraph of HTML, with what matched in its sentence."""
    if not entry.reasons:
        rest = "From the other new papers: none of your interests matched it."
        return f"<p>{words.gettext(rest)}</p>"
    found = why(entry.reasons, words)
    line = upfirst(_grounds(found.grounds))
    if found.quoted:
        cut = pieces(found.quoted, _SENTENCE)
        said = "".join(_hit(each.text) if each.is_match else _text(each.text) for each in cut)
        line += f': <span dir="auto">{said}</span>'
    if found.besides:
        besides = _grounds(found.besides)
        line += f" {words.gettext('Also %(besides)s.', besides=besides)}"
    return f"<p>{line}</p>"


def folded_line(entry: Entry, papers: Mapping[int, Paper], links: Links, words: Language) -> str:
    """Return the papers told under another as HTML, "" if there are none."""
    if not entry.folded:
        return ""
    count = len(entry.folded)
    more = words.number(count)
    if entry.topic:
        said = words.ngettext(
            "And %(more)s more on %(topic)s:",
            "And %(more)s more on %(topic)s:",
            count,
            more=more,
            topic=entry.topic,
        )
    else:
        said = words.ngettext(
            "And %(more)s more much like this one:",
            "And %(more)s more much like this one:",
            count,
            more=more,
        )
    named = "".join(f"<li>{_link(papers[each], links)}</li>" for each in entry.folded)
    return f"<p>{_text(said)}</p><ul>{named}</ul>"


def digest_title(digest: Digest, papers: Mapping[int, Paper]) -> str:
    """Return a digest's title, which is the subject of its mail."""
    words = language_of(digest)
    title = clean_line(papers[digest.entries[0].paper_id].title)
    day = words.day_month(digest.period)
    if digest.is_rest:
        said = "Nothing matched, %(day)s; nearest: %(title)s"
        return words.gettext(said, day=day, title=title)
    count = sum(len(entry.paper_ids) for entry in digest.entries)
    return words.ngettext(
        "%(papers)s paper, %(day)s: %(title)s",
        "%(papers)s papers, %(day)s: %(title)s",
        count,
        papers=words.number(count),
        day=day,
        title=title,
    )


def digest_html(digest: Digest, papers: Mapping[int, Paper], links: Links) -> str:
    """Return a whole digest as HTML: its papers in their order, each with the reason for it."""
    words = language_of(digest)
    listed = "".join(_listed(entry, papers, links, words) for entry in digest.entries)
    zone = digest.wishes.cadence.zone if digest.wishes else "UTC"
    line = incomplete_so_far(digest.lacking, words, zone, digest.period)
    told = f"<p>{_text(line)}</p>" if line else ""
    return f"<p>{_text(_lead(digest, words))}</p>{told}<ol>{listed}</ol>"


def titles(entries: Iterable[Entry], papers: Mapping[int, Paper]) -> str:
    """Return the titles of papers as one line of text."""
    return "; ".join(clean_line(papers[entry.paper_id].title) for entry in entries)


def _listed(entry: Entry, papers: Mapping[int, Paper], links: Links, words: Language) -> str:
    title = _link(papers[entry.paper_id], links)
    rest = folded_line(entry, papers, links, words)
    return f"<li>{title}{why_line(entry, words)}{rest}</li>"


def _lead(digest: Digest, words: Language) -> str:
    among = words.npgettext(
        "after 'of'",
        "%(papers)s new paper",
        "%(papers)s new papers",
        digest.considered,
        papers=words.number(digest.considered),
    )
    if not digest.matched:
        return words.gettext("None of the %(among)s matched your interests.", among=among)
    return words.ngettext(
        "%(matched)s of %(among)s matched your interests, best first.",
        "%(matched)s of %(among)s matched your interests, best first.",
        digest.matched,
        matched=words.number(digest.matched),
        among=among,
    )


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
