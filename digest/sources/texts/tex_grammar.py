"""TeX's macros that matter in abstracts, by what becomes of them, and how their arguments stand."""

import re
import unicodedata

UNWRAPPED = frozenset(
    (
        *("textit", "emph", "textbf", "textsc", "texttt", "textrm", "textsf", "textsl", "textup"),
        *("textmd", "textnormal", "underline", "uline", "mbox", "hbox", "fbox", "text"),
        *("mathrm", "mathit", "mathbf", "mathsf", "mathtt", "mathcal", "mathscr", "mathfrak"),
        *("boldsymbol", "bm", "pmb", "bold", "operatorname", "ensuremath", "mathop", "enquote"),
        *("mathbbm", "underbrace", "overbrace", "substack"),
    )
)
COLOURED = frozenset(("textcolor", "color", "colorbox"))
DROPPED_WITH_ARGUMENT = frozenset(
    ("cite", "citep", "citet", "citealp", "citeauthor", "citeyear", "label", "vspace", "hspace")
)
DROPPED = frozenset(("noindent", "xspace"))
DROPPED_IN_MATHS = DROPPED | frozenset(
    (
        *("left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr"),
        *("displaystyle", "textstyle", "limits", "nolimits", "middle"),
        *("it", "em", "bf", "sc", "tt", "rm", "sf", "sl", "cal"),
    )
)
SPACES = frozenset(("quad", "qquad", "newline", "par"))
WORDS_IN_MATHS = {"colon": ":", "bmod": " mod "}
FRACTIONS = frozenset(("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"))
# Macros of two arguments by how both are written; the second of a pair stands on the line.
PAIRS = {
    **dict.fromkeys(FRACTIONS, "{0}/{1}"),
    **dict.fromkeys(("binom", "dbinom", "tbinom"), "({0} choose {1})"),
}
# Macros of one argument by what they put around it.
ENCLOSED = {
    "pmod": " (mod {0})", "ket": "|{0}\u27e9", "bra": "\u27e8{0}|", "braket": "\u27e8{0}\u27e9",
    "abs": "|{0}|", "norm": "\u2016{0}\u2016",
}  # fmt: skip
SET_BY_IT = {"underset": "_", "overset": "^", "stackrel": "^"}
SIGNS = {
    "%": "%", "&": "&", "#": "#", "_": "_", "$": "$", "{": "{", "}": "}", " ": " ",
    "-": "", "/": "", "\\": " ", "@": "", ",": " ",
}  # fmt: skip
SIGNS_IN_MATHS = SIGNS | {";": " ", ":": " ", ">": " ", "!": "", "|": "\u2016"}
SWITCH = re.compile(
    r"\s*\\(?:it|em|bf|sc|tt|rm|sf|sl|itshape|bfseries|scshape|ttfamily|small|cal)(?![A-Za-z])\s*"
)
_IN_THE_PLANE = "CHNPQRZ"  # These stood in Unicode before the others came.
_ARGUMENT = re.compile(r"\s{0,4}\{")
_OPTION = re.compile(r"\s?\[[^\[\]{}]{0,60}\]")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_REACH = 4_000
_DEEPEST = 12  # deeper is not TeX that someone wrote


def argument_at(text: str, at: int) -> tuple[str, int] | None:
    """Return what is inside the braces that open here and where they end, or None if they never do."""
    opened = _ARGUMENT.match(text, at)
    if not opened:
        return None
    depth = 0
    for found in _BRACE.finditer(text, opened.end() - 1, opened.end() + _REACH):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return text[opened.end() : found.start()], found.end()
        if depth > _DEEPEST:
            break
    return None


def after_options(text: str, at: int) -> int:
    """Return where a macro's options in square brackets end."""
    while option := _OPTION.match(text, at):
        at = option.end()
    return at


def blackboard(text: str) -> str:
    r"""Return what `\mathbb{...}` prints for a capital, or the text itself."""
    if not (len(text) == 1 and text.isascii() and text.isupper()):
        return text
    kind = "" if text in _IN_THE_PLANE else "MATHEMATICAL "
    return unicodedata.lookup(f"{kind}DOUBLE-STRUCK CAPITAL {text}")
