"""In what sources are incomplete, said in a line: of a mail, a feed, a page."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from digest.model.sources import FOLDER, Lack, Lacking
from digest.rendering.languages import ENGLISH, Language
from digest.text import clean_line, clip

# More have a cause of their own: this site has no way out.
_NAMED = 3
_LONGEST_NAME = 60
# Of a day longer ago, its weekday says nothing.
_LATELY = timedelta(days=6)


def incomplete_so_far(
    lacking: Sequence[Lacking], words: Language, zone: str = "UTC", today: date | None = None
) -> str:
    """Return the line of a reader's mail, "" if nothing is missing; the same on every attempt.

    Days are told as they are near `today`, the day of the digest.
    """
    if not lacking:
        return ""
    what = _what(lacking, words, ZoneInfo(zone), today)
    return words.gettext(
        "Incomplete so far: %(what)s. What is missing comes with your next digest.", what=what
    )


def incomplete_now(lacking: Sequence[Lacking]) -> str:
    """Return the line of pages and feeds, which are all in English; "" if nothing is missing."""
    if not lacking:
        return ""
    return f"Incomplete so far: {_what(lacking, ENGLISH, UTC, None)}. What is missing comes later."


def incomplete_then(lacking: Sequence[Lacking], zone: str, today: date) -> str:
    """Return what a receipt says of the sources when a digest was put together."""
    if not lacking:
        return ""
    what = _what(lacking, ENGLISH, ZoneInfo(zone), today)
    return f"Not everything had come in by then: {what}. What was missing is for the next digest."


def what_lacks(lacking: Lacking) -> str:
    """Return in what one source is incomplete, for operators, who know it by its title."""
    return _one(lacking, _title(lacking), ENGLISH, UTC, None)


def _what(
    lacking: Sequence[Lacking], words: Language, zone: ZoneInfo | timezone, today: date | None
) -> str:
    named = "; ".join(
        _one(each, _for_readers(each, words), words, zone, today) for each in lacking[:_NAMED]
    )
    rest = len(lacking) - _NAMED
    if rest <= 0:
        return named
    return words.ngettext(
        "%(named)s; and %(more)s more source",
        "%(named)s; and %(more)s more sources",
        rest,
        named=named,
        more=words.number(rest),
    )


def _title(each: Lacking) -> str:
    return clip(clean_line(each.title) or each.source, _LONGEST_NAME)


def _for_readers(each: Lacking, words: Language) -> str:
    """Return what readers know a source by: they know of no folder."""
    if each.source == FOLDER:
        return words.gettext("our list of trending papers")
    return _title(each)


def _one(
    each: Lacking, source: str, words: Language, zone: ZoneInfo | timezone, today: date | None
) -> str:
    if each.lack is Lack.SILENT or each.day is None:
        since = each.since.astimezone(zone)
        return words.gettext(
            "%(source)s has not answered since %(day)s, %(time)s",
            source=source,
            day=_day(since.date(), words, today),
            time=_clock(since),
        )
    day = _day(each.day, words, today)
    if each.lack is Lack.NOTHING:
        return words.gettext("%(source)s has nothing for %(day)s yet", source=source, day=day)
    return words.gettext(
        "%(source)s has %(papers)s of about %(usual)s papers for %(day)s",
        source=source,
        papers=words.number(each.papers),
        usual=words.number(each.usual),
        day=day,
    )


def _day(day: date, words: Language, today: date | None) -> str:
    is_near = today is not None and timedelta() <= today - day <= _LATELY
    return words.weekday(day.weekday()) if is_near else words.day_month(day)


def _clock(moment: datetime) -> str:
    name = " UTC" if moment.tzinfo is UTC else ""
    return f"{moment:%H:%M}{name}"
