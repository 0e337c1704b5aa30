"""TeX's symbols and accents as Unicode, one at a time."""

import logging
import re
import unicodedata
from functools import lru_cache

from pylatexenc.latex2text import LatexNodes2Text

# Asked for `\\ket`, it complains of its own table.
logging.getLogger("pylatexenc").setLevel(logging.ERROR)

_LONGEST_SYMBOL = 3
_ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328",
    "r": "\u030a", "d": "\u0323", "b": "\u0331",
}  # fmt: skip
_OVER = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303",
    "bar": "\u0304", "overline": "\u0304", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308",
    "check": "\u030c", "breve": "\u0306", "acute": "\u0301", "grave": "\u0300", "not": "\u0338",
}  # fmt: skip
# What the library lacks, by name.
_ALSO = {
    "ne": "\u2260", "neg": "\u00ac", "lnot": "\u00ac", "land": "\u2227", "lor": "\u2228",
    "models": "\u22a8", "iff": "\u21d4", "implies": "\u21d2", "gets": "\u2190", "bot": "\u22a5",
    "leadsto": "\u219d", "coloneqq": "\u2254", "triangle": "\u25b3", "Box": "\u25a1",
    "Diamond": "\u25c7", "ddagger": "\u2021", "Re": "Re", "Im": "Im", "lt": "<", "gt": ">",
    "lbrack": "[", "rbrack": "]", "backslash": "\\",
}  # fmt: skip
_BRACED = re.compile(r"\s*\{\s*(?:\\(?P<dotless>[ij])(?![A-Za-z])|(?P<letter>[^\W\d_]))?\s*\}")
_BARE = re.compile(r"(?:\\(?P<dotless>[ij])(?![A-Za-z])\s?|(?P<letter>[^\W\d_]))")
_FUNCTIONS = frozenset(
    (
        *("log", "ln", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min", "sup"),
        *("inf", "lim", "limsup", "liminf", "arg", "argmax", "argmin", "det", "dim", "ker", "gcd"),
        *("deg", "Pr", "tr", "rank", "poly", "polylog", "diag", "sign", "softmax", "KL", "mod"),
        *("cot", "sec", "csc", "hom", "supp"),
    )
)


def symbol(name: str, *, is_maths: bool) -> str | None:
    r"""Return the sign a macro stands for (`\alpha`, `\leq`), or None if it is no single sign.

    Outside maths a macro that prints plain letters is left alone: it may be a path or a newline
    written as two characters.
    """
    if is_maths and name in _ALSO:
        return _ALSO[name]
    turned = _printed(name)
    is_plain = (
        name not in ("TeX", "LaTeX") and (turned or "").isascii() and (turned or "").isalpha()
    )
    return None if is_plain and not is_maths else turned


@lru_cache(maxsize=4096)
def _printed(name: str) -> str | None:
    """Ask pylatexenc for one macro, never for more: given text, it loses some.

    It knows structure too, such as a section's sign, and deletes what it does not know.
    """
    try:
        turned = str(LatexNodes2Text(math_mode="text").latex_to_text(f"\\{name}"))
    except Exception:  # noqa: BLE001  # What it raises for a macro without its arguments varies.
        return None
    if "\n" in turned or "\\" in turned or "%" in turned:
        return None
    turned = turned.strip()
    return turned if turned and (len(turned) <= _LONGEST_SYMBOL or turned == name) else None


def function_name(name: str) -> str | None:
    r"""Return the word that a macro such as `\log` prints, or None."""
    return name if name in _FUNCTIONS else None


def is_maths_accent(name: str) -> bool:
    r"""Tell whether a macro sets a sign over or through what follows it, as `\hat` and `\not` do."""
    return name in _OVER


def accented(name: str, turned: str) -> str:
    r"""Return what a maths accent and its argument make; only a single letter can be accented."""
    base = unicodedata.normalize("NFC", turned)
    is_single = len(base) == 1 and not base.isspace()
    return unicodedata.normalize("NFC", base + _OVER[name]) if is_single else turned


def accent(mark: str, text: str, at: int) -> tuple[str, int] | None:
    r"""Return the letter that an accent macro and what follows it make, and where that ends.

    None where `mark` is no accent or no letter follows directly. A letter accent such as `\c`
    needs braces, as in `\c{c}`.
    """
    combining = _ACCENTS.get(mark)
    if combining is None:
        return None
    found = _BRACED.match(text, at) or (None if mark.isalpha() else _BARE.match(text, at))
    if not found or not (found["dotless"] or found["letter"]):
        return None
    made = unicodedata.normalize("NFC", (found["dotless"] or found["letter"]) + combining)
    return made, found.end()
