"""Powers and indices in the letters that Unicode has for them."""

import re

# Outside maths only these are certain: 10^6, R^d, R^{d}, n^{-1}, y_i, F_1.
_CLEAR_POWER = re.compile(
    r"(?<![\w^}{\\])(?P<base>[A-Za-z]|\d+(?:\.\d+)?)"
    r"\^(?:(?P<bare>\d+|[a-z](?![\w{^(]))|\{(?P<braced>[-+]?(?:\d{1,4}|\d{0,2}[a-z])(?:[-+]\d)?)\})"
)
_CLEAR_INDEX = re.compile(
    r"(?<![\w^}{\\])(?P<base>[A-Za-z])_(?:(?P<bare>\d+|[a-z])|\{(?P<braced>\d{1,3}|[a-z])\})"
    r"(?![\w{^_])"
)
_ABOVE = dict(
    zip(
        "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW"
        "\u03b1\u03b2\u03b3\u03b4\u03b8\u03c6\u03c7\u22a4\u2032",
        "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b\u207c\u207d\u207e"
        "\u1d43\u1d47\u1d9c\u1d48\u1d49\u1da0\u1d4d\u02b0\u2071\u02b2\u1d4f\u02e1\u1d50\u207f\u1d52"
        "\u1d56\u02b3\u02e2\u1d57\u1d58\u1d5b\u02b7\u02e3\u02b8\u1dbb"
        "\u1d2c\u1d2e\u1d30\u1d31\u1d33\u1d34\u1d35\u1d36\u1d37\u1d38\u1d39\u1d3a\u1d3c\u1d3e\u1d3f"
        "\u1d40\u1d41\u2c7d\u1d42\u1d45\u1d5d\u1d5e\u1d5f\u1dbf\u1d60\u1d61\u1d40\u2032",
        strict=True,
    )
)
_BELOW = dict(
    zip(
        "0123456789+-=()aehijklmnoprstuvx\u03b2\u03b3\u03c1\u03c6\u03c7",
        "\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089\u208a\u208b\u208c\u208d\u208e"
        "\u2090\u2091\u2095\u1d62\u2c7c\u2096\u2097\u2098\u2099\u2092\u209a\u1d63\u209b\u209c\u1d64"
        "\u1d65\u2093\u1d66\u1d67\u1d68\u1d69\u1d6a",
        strict=True,
    )
)
_SCRIPTS = frozenset((*_ABOVE.values(), *_BELOW.values())) - {"\u2032"}
_LONGEST = 6
_WORD = re.compile(r"[^\W\d_]{3,}")


def turn_clear_scripts(text: str) -> str:
    """Return running text with the powers and indices turned that can be nothing else."""
    if "^" in text:
        text = _CLEAR_POWER.sub(lambda found: _scripted(found, "^"), text)
    if "_" in text:
        text = _CLEAR_INDEX.sub(lambda found: _scripted(found, "_"), text)
    return text


def script(text: str, sign: str) -> str | None:
    """Return text raised (`^`) or lowered (`_`), or None.

    None if Unicode lacks one of its letters, and for words, which would not be found any more.
    """
    if len(text) > _LONGEST or _WORD.search(text):
        return None
    table = _ABOVE if sign == "^" else _BELOW
    letters = [table.get("-" if letter == "\u2212" else letter) for letter in text if letter != " "]
    known = [letter for letter in letters if letter is not None]
    return "".join(known) if known and len(known) == len(letters) else None


def has_script(text: str) -> bool:
    """Tell whether a letter of a text is raised or lowered already."""
    return not _SCRIPTS.isdisjoint(text)


def _scripted(found: re.Match[str], sign: str) -> str:
    raised = script(found["bare"] or found["braced"], sign)
    return found[0] if raised is None else found["base"] + raised
