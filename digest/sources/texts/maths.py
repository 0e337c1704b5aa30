r"""LaTeX and TeX quotes turned into readable Unicode, once, as a paper comes in.

Nothing is ever lost: what cannot be turned for certain stays as it was written. The one library
that knows TeX's symbols, pylatexenc, deletes what it does not understand (a bare `%` and the rest
of the line with it), so it is asked for one symbol at a time, and everything else is done here.
"""

import re

from digest.sources.texts.links import URL
from digest.sources.texts.tex import turn_maths, turn_text

_MAY_NEED_IT = ("\\", "$", "^", "_", "{", "}", "~", "``", "''", "--")
_URL_MACRO = re.compile(r"\\(?:url|path)\s*\{([^\s{}]+)\}")
_HREF = re.compile(r"\\href\s*\{([^\s{}]+)\}\s*\{([^{}]*)\}")
_BEFORE_CITATION = re.compile(r"(?<![\s~])[\s~]+(?=\\cite[a-z]*\s?[\[{])")
_QUOTED = re.compile(r"``(?P<text>[^`]{1,400}?)(?:''(?![\w(])|(?<=[\w.,!?)])\")")
# Quotes that were opened with the wrong sign: `''words''`, `"words''`.
_MISQUOTED = re.compile(
    r"(?<![\w'\"])(?:''|\")(?=[\w(\[])(?P<text>[^'\"`]{1,200}(?:'(?!')[^'\"`]{1,200}){0,3}?)''(?![\w('\"])"
)
_DASH = re.compile(r"(?<=[\w)\]\"'\u201d%.,]) (?P<dash>---?) (?=[^\W_]|[(\"\u201c$])")
# Between numbers, between names, and where words have one on both sides.
_RANGE = re.compile(r"(?<=[\d$])--(?=[\d$])|(?<=[^\W\d_])--(?=[A-Z\u00c0-\u00de])")
_BREAK = re.compile(r"(?<=[^\W\d_])---(?=[^\W\d_])")
_OPTION = re.compile(r"(?<!\S)--?[A-Za-z]|[`|>] ?--|\b(?:git|npm|cargo|sudo|bash|python) ")
_DISPLAYED = re.compile(r"\$\$([^$]{1,400}?)\$\$|\\\[(.{1,400}?)\\\]|\\\((.{1,400}?)\\\)")
# As in pandoc: nothing blank inside the dollars, no digit after them ($5 and $10 is money).
_INLINE = re.compile(
    r"(?<![\\$])\$(?P<maths>[^\s$](?:(?:\\\$|[^$]){0,300}?(?<![\s\\]))??)\$(?P<digit>\d)?(?!\$)"
)
_MONEY = re.compile(
    r"[\d.,]+(?:[-\u2013]|\s*(?:[kKmMbB]|million|billion|per|and|to|or|[a-z]{4,})\b)"
)
_GLUED_MATHS = re.compile(r"[\\^_{]")
_TRAILING_BREAK = re.compile(r"(?<!\\)\s*\\{1,2}\s*$")
_MAX_MATHS_WORDS = 3
_DASHES = {"--": "\u2013", "---": "\u2014"}
_WORD = re.compile(r"(?<![\\A-Za-z])[a-z]{4,}")


def readable(text: str) -> str:
    """Return text with its TeX turned into Unicode where that is certain; never raises.

    A text with none of TeX's own characters comes back as it is. Addresses are left alone.
    """
    if not any(sign in text for sign in _MAY_NEED_IT):
        return text
    text = _TRAILING_BREAK.sub("", text) or text
    text = _HREF.sub(_href, _URL_MACRO.sub(r"\1", _BEFORE_CITATION.sub("", text)))
    parts: list[str] = []
    end = 0
    for found in URL.finditer(text):
        parts += [_turn(text[end : found.start()]), re.sub(r"\\(?=[_%#&~$])", "", found[0])]
        end = found.end()
    return "".join([*parts, _turn(text[end:])])


def _href(found: re.Match[str]) -> str:
    url, words = found.groups()
    return url if words.strip() in ("", url) else f"{words} ({url})"


def _turn(text: str) -> str:
    if not any(sign in text for sign in _MAY_NEED_IT):
        return text
    text = _MISQUOTED.sub("\u201c\\g<text>\u201d", _QUOTED.sub("\u201c\\g<text>\u201d", text))
    if " --" in text and not _OPTION.search(text):
        text = _DASH.sub(lambda found: f" {_DASHES[found['dash']]} ", text)
    if "--" in text:
        text = _BREAK.sub(_DASHES["---"], _RANGE.sub(_DASHES["--"], text))
    parts: list[str] = [""]
    end = 0
    for start, stop, maths in _maths_in(text):
        parts += [turn_text(text[end:start], parts[-1][-1:]), turn_maths(maths)]
        end = stop
    return "".join([*parts, turn_text(text[end:], parts[-1][-1:])])


def _maths_in(text: str) -> list[tuple[int, int, str]]:
    """Return where a text's maths stand, dollars and all, and what is in them."""
    spans = [
        (found.start(), found.end(), next(group for group in found.groups() if group is not None))
        for found in _DISPLAYED.finditer(text)
    ]
    at = 0
    while found := _INLINE.search(text, at):
        start, stop = found.span()
        overlaps = any(start < end and begin < stop for begin, end, _ in spans)
        stop -= len(found["digit"] or "")
        is_sum = found["digit"] and not _GLUED_MATHS.match(found["maths"])
        if overlaps or is_sum or not _is_maths(text[start - 1 : start], found["maths"]):
            at = start + 1
            continue
        spans.append((start, stop, found["maths"]))
        at = stop
    return sorted(spans)


def _is_maths(before: str, maths: str) -> bool:
    """Return whether what stands between two dollars is maths, and not what lies between sums."""
    if before.isalnum() and not _GLUED_MATHS.match(maths):
        return False
    if "\\" in maths or "^" in maths:
        return True
    return not _MONEY.match(maths) and len(_WORD.findall(maths)) <= _MAX_MATHS_WORDS
