r"""TeX in small pieces: `\alpha`, `\emph{...}`, `x_i`, `K\"onig`, each turned or left as written."""

import re
from typing import NamedTuple

from digest.sources.texts import tex_grammar as grammar
from digest.sources.texts.tex_grammar import after_options, argument_at, blackboard
from digest.sources.texts.tex_scripts import has_script, script, turn_clear_scripts
from digest.sources.texts.tex_symbols import (
    accent,
    accented,
    function_name,
    is_maths_accent,
    symbol,
)

_DEEPEST = 12
_OF_ONE = frozenset(("sqrt", "mathbb", *grammar.ENCLOSED))
_TOKEN = re.compile(r"\\(?P<name>[A-Za-z]+)\*?|\\(?P<sign>.)|(?P<char>[{}^_~])", re.DOTALL)
_SPACES = re.compile(r" {2,}")
_SIMPLE = re.compile(r"[\w.]{1,12}")
# What stands under a root's sign without brackets: one letter with its index, or a number.
_UNDER_ROOT = re.compile(r"[^\W\d_][\u2080-\u209c\u1d62-\u1d6a\u2c7c]*|[0-9.]{1,12}")
_NEXT_FACTOR = re.compile(r"\\(?P<name>[A-Za-z]+)|[^\W_]|\^")
_PRIMES = frozenset("'\u2032\u2020\u2021")
_PROSE = re.compile(r"[A-Za-z][^{}\\^_$=<>|]*")
_MACRO_BEFORE = re.compile(r"\\[A-Za-z]+\*?\s*$")
_AFTER_WORD = (",", ".", ";", ":", ")", "]", "%")
_BARE_SCRIPT = re.compile(r"[^\W_]|[*+'-]")
# The first letter of a word is no argument, whatever TeX says: words stay whole.
_BARE_ARGUMENT = re.compile(r" {0,3}(?:(?P<letter>[^\W_](?![^\W\d_]{3})|[=<>])|(?=\\))")


class _Place(NamedTuple):
    """Where a token stands: the letter before it, how deep in braces, in maths or in words."""

    before: str
    depth: int
    is_maths: bool


_Turned = tuple[str, int]  # what a token becomes, and where what follows it begins


def turn_text(text: str, before: str = "") -> str:
    """Return running text with its macros, accents, ties and clear powers turned.

    `before` is the letter that stands before it.
    """
    if "\\" in text or "{" in text or "~" in text:
        text = _turn(text, 0, before, is_maths=False)
    return turn_clear_scripts(text)


def turn_maths(maths: str) -> str:
    """Return what stood between dollars with its symbols, powers and indices turned."""
    return _SPACES.sub(" ", _turn(maths, 0, is_maths=True)).strip() or maths


def _turn(text: str, depth: int, before: str = "", *, is_maths: bool) -> str:
    """Return text with every token turned that can be; too deep in braces it stays as it is."""
    if depth > _DEEPEST:
        return text
    parts: list[str] = []
    at = 0
    while token := _TOKEN.search(text, at):
        parts.append(text[at : token.start()])
        before = parts[-1][-1:] or before
        turned, at = _token(text, token, _Place(before, depth, is_maths))
        parts.append(turned)
        before = turned[-1:] or before
    return "".join([*parts, text[at:]])


def _token(text: str, token: re.Match[str], place: _Place) -> _Turned:
    if token["name"]:
        return _macro(text, token, place)
    if token["sign"]:
        return _sign(text, token, place)
    if token["char"] == "{":
        return _group(text, token.start(), place)
    if token["char"] == "~":
        # `Figure~3` is a tie, while `~10%` means about.
        is_tie = place.before.isalnum() or place.before in _AFTER_WORD
        return (" " if is_tie else "~"), token.end()
    if place.is_maths and token["char"] in "^_":
        return _script(text, token, place.depth)
    return token[0], token.end()


def _macro(text: str, token: re.Match[str], place: _Place) -> _Turned:
    name, end = token["name"], token.end()
    return (
        _with_argument(text, token, place) or accent(name, text, end) or _alone(text, token, place)
    )


def _alone(text: str, token: re.Match[str], place: _Place) -> _Turned:
    """Return what a macro is that takes no argument; one nobody knows keeps its braces."""
    name, end = token["name"], token.end()
    if word := _word(name, place):
        return word, end
    if known := symbol(name, is_maths=place.is_maths):
        # TeX needs the space to end the name; `X\to Y` has none before the arrow either.
        if text.startswith("{}", end):  # as in `\L{}ukasz`
            return known, end + 2
        is_close = place.is_maths and not known.isalnum() and text[token.start() - 1 :][:1] != " "
        return known, end + (is_close and token.start() > 0 and text[end : end + 1] == " ")
    kept = token[0]
    while place.is_maths and (argument := argument_at(text, end)):
        inside, end = argument
        kept += f"{{{_turn(inside, place.depth + 1, is_maths=True)}}}"
    return kept, end


def _word(name: str, place: _Place) -> str | None:
    if name in grammar.SPACES:
        return " "
    if place.is_maths and name in grammar.WORDS_IN_MATHS:
        return grammar.WORDS_IN_MATHS[name]
    if place.is_maths and (word := function_name(name)):
        is_glued = place.before.isalnum() or place.before in _AFTER_WORD
        return f" {word}" if is_glued else word
    return None


def _with_argument(text: str, token: re.Match[str], place: _Place) -> _Turned | None:
    r"""Unwrap `\emph{words}` and `\textcolor{red}{words}`, drop `\cite{key}`, or return None."""
    name, end = token["name"], token.end()
    if name in (grammar.DROPPED_IN_MATHS if place.is_maths else grammar.DROPPED):
        return "", end
    at = after_options(text, end)
    if name in grammar.COLOURED and (colour := argument_at(text, at)):
        at = colour[1]
    if composed := _composed(text, token, at, place):
        return composed
    if name in grammar.DROPPED_WITH_ARGUMENT and (argument := argument_at(text, at)):
        return "", argument[1]
    if name in grammar.UNWRAPPED or name in grammar.COLOURED:
        is_maths = place.is_maths and name not in ("text", "mbox")
        return _argument(text, at, place, is_maths=is_maths)
    return None


def _composed(text: str, token: re.Match[str], at: int, place: _Place) -> _Turned | None:
    r"""Return what `\frac12`, `\sqrt{n}`, `\hat x`, `\mathbb R` and their like make."""
    name = token["name"]
    is_pair = name in grammar.PAIRS or name in grammar.SET_BY_IT
    if not (is_pair or is_maths_accent(name) or name in _OF_ONE):
        return None
    first = _argument(text, at, place, is_maths=True)
    if first is None:
        return None
    inside, end = first
    if not is_pair:
        return _of_one(name, inside, text[token.end() : at].strip(" []")), end
    second = _argument(text, end, place, is_maths=True)
    if second is None:
        return None
    if sign := grammar.SET_BY_IT.get(name):
        return f"{second[0]}{_scripted(inside, sign)}", second[1]
    both = (inside, second[0])
    if name in grammar.FRACTIONS:
        both = _bracketed(inside), _bracketed(second[0])
    made = grammar.PAIRS[name].format(*both)
    is_factor = name in grammar.FRACTIONS and (
        place.before.isalnum() or _is_before_factor(text, second[1])
    )
    return (f"({made})" if is_factor else made), second[1]


def _is_before_factor(text: str, at: int) -> bool:
    """Tell whether a letter or a number follows at once: 1/2x would be read as 1/(2x)."""
    following = _NEXT_FACTOR.match(text, at)
    if following is None or not following["name"]:
        return following is not None
    return (symbol(following["name"], is_maths=True) or "").isalnum()


def _of_one(name: str, inside: str, option: str) -> str:
    if name == "sqrt":
        # Of another root than the square one: `\sqrt[3]{x}`.
        under = inside if _UNDER_ROOT.fullmatch(inside) else f"({inside})"
        return f"{script(option, '^') or option}\u221a{under}"
    if name in grammar.ENCLOSED:
        return grammar.ENCLOSED[name].format(inside)
    return blackboard(inside) if name == "mathbb" else accented(name, inside)


def _argument(text: str, at: int, place: _Place, *, is_maths: bool) -> _Turned | None:
    """Return an argument turned, and where it ends: in braces, or in maths one sign or macro."""
    if argument := argument_at(text, at):
        return _turn(argument[0], place.depth + 1, is_maths=is_maths), argument[1]
    if not place.is_maths or place.depth > _DEEPEST:
        return None
    bare = _BARE_ARGUMENT.match(text, at)
    if bare is None or bare["letter"]:
        return (bare["letter"], bare.end()) if bare else None
    following = _TOKEN.match(text, bare.end())
    if following is None or not following["name"]:
        return None
    return _macro(text, following, _Place("", place.depth + 1, is_maths=True))


def _bracketed(text: str) -> str:
    return text if _SIMPLE.fullmatch(text) else f"({text})"


def _sign(text: str, token: re.Match[str], place: _Place) -> _Turned:
    sign, end = token["sign"], token.end()
    if not place.is_maths and (turned := accent(sign, text, end)):
        return turned
    table = grammar.SIGNS_IN_MATHS if place.is_maths else grammar.SIGNS
    return table.get(sign, token[0]), end


def _group(text: str, start: int, place: _Place) -> _Turned:
    """Take off braces that only group: all in maths, around prose or one letter outside."""
    group = argument_at(text, start)
    if group is None:
        return "{", start + 1
    inside, end = group
    if switch := grammar.SWITCH.match(inside):
        return _turn(inside[switch.end() :], place.depth + 1, is_maths=place.is_maths), end
    turned = _turn(inside, place.depth + 1, is_maths=place.is_maths)
    if place.is_maths:
        return turned, end
    if place.before in ("^", "_") or _MACRO_BEFORE.search(text, max(0, start - 30), start):
        return f"{{{turned}}}", end
    is_accented = len(turned) == 1 and turned != inside
    is_sentence = inside.endswith(".") or "," not in inside
    is_apart = not place.before.isalnum()  # `frac{n log n}` has lost its backslash: left alone
    is_prose = is_apart and " " in inside.strip() and is_sentence and _PROSE.fullmatch(turned)
    return (turned if is_accented or is_prose else f"{{{turned}}}"), end


def _script(text: str, token: re.Match[str], depth: int) -> _Turned:
    sign, at = token["char"], token.end()
    if argument := argument_at(text, at):
        inside, end = _turn(argument[0], depth + 1, is_maths=True), argument[1]
    elif (following := _TOKEN.match(text, at)) and following["name"]:
        inside, end = _macro(text, following, _Place("", depth + 1, is_maths=True))
    elif bare := _BARE_SCRIPT.match(text, at):
        inside, end = bare[0], bare.end()
    else:
        return sign, at
    return _scripted(inside, sign), end


def _scripted(inside: str, sign: str) -> str:
    if inside == "\u2218" and sign == "^":
        return "\u00b0"
    if (raised := script(inside, sign)) is not None:
        return raised
    if sign == "^" and inside and _PRIMES.issuperset(inside):
        return inside.replace("'", "\u2032")
    is_one = len(inside) == 1 or (inside.isalnum() and not has_script(inside))
    return f"{sign}{inside}" if is_one else f"{sign}{{{inside}}}"
