"""What a service said, and reading it as what it should be."""

import json
import math
import re
from dataclasses import dataclass
from typing import IO, Any, NoReturn

from digest.errors import SourceAwayError
from digest.sources.formats.byte_marks import MARKS, marked_encoding

_HEAD = 2048
_PAGE = re.compile(
    # Without atoms, many comments could be divided among its turns in a million ways.
    rb"\s*(?:<\?xml[^>]*>\s*|(?><!--.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body|script)\b",
    re.IGNORECASE | re.DOTALL,
)
_DATA = re.compile(rb"\s*(?:<\?xml|<rss|<feed|<rdf:|<oai-pmh|[{\[])", re.IGNORECASE)
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
# Python knows encodings beside these that are no charsets, and some that unpack.
_CHARSETS = re.compile(
    r"utf-?(8|16|32)([bl]e)?|(us-)?ascii|iso-?8859-\d\d?|windows-125\d", re.IGNORECASE
)
# Each costs a hundred times the character that it is written with.
_MOST_NESTED = 500_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said: `body` is to be read from its beginning, and is whole.

    `url` is where it came from, after redirects, as if no mirror was asked. `validators` are handed
    to the next `get` of the same address, whatever they hold; with `is_unchanged` the service says
    that nothing is new since those that were given, and `body` is empty.
    """

    url: str
    content_type: str
    body: IO[bytes]
    validators: str = ""
    is_unchanged: bool = False

    @property
    def media_type(self) -> str:
        """Return the type alone, in small letters, such as text/html."""
        return self.content_type.partition(";")[0].strip().lower()

    def refuse_page(self, name: str, wanted: str) -> None:
        """Raise SourceAwayError if this is a web page, or nothing at all, in place of `wanted`.

        A sign-in page of the network, or a challenge to robots, comes with the status of a good
        answer. The first bytes count for more than the type: feeds are served as text/html.
        """
        head = self.body.read(_HEAD)
        self.body.seek(0)
        for mark, _ in MARKS:
            head = head.removeprefix(mark)
        if not head.strip():
            raise SourceAwayError(name, f"answered with nothing instead of {wanted}")
        is_called_page = self.media_type in ("text/html", "application/xhtml+xml")
        if _PAGE.match(head) or (is_called_page and not _DATA.match(head)):
            raise SourceAwayError(
                name,
                f"answered with a web page instead of {wanted}: "
                "is there a sign-in or a filter between?",
            )

    def text(self, name: str, wanted: str) -> str:
        """Return the body as text: by its mark, else its charset, else UTF-8.

        Raises SourceAwayError for a web page, and for bytes that are no text: half a character
        would stay in titles for ever.
        """
        self.refuse_page(name, wanted)
        body = self.body.read()
        charset = marked_encoding(body)
        stated = _CHARSET.search(self.content_type)
        if not charset and stated and _CHARSETS.fullmatch(stated[1]):
            charset = stated[1]
        try:
            return body.decode(charset or "utf-8").removeprefix("\ufeff")
        except (UnicodeError, LookupError) as error:
            place = f" at byte {error.start:,}" if isinstance(error, UnicodeDecodeError) else ""
            raise SourceAwayError(
                name, f"answered with {wanted} that is not {charset or 'UTF-8'}{place}"
            ) from error

    def json(self, name: str) -> Any:  # noqa: ANN401  what it is, is for the caller to look at
        """Return the body read as JSON, in which every number is one; of a name's values, the last.

        Raises SourceAwayError if it is none, or more deeply or often nested than anything real.
        """
        text = self.text(name, "JSON")
        try:
            is_too_much = text.count("[") + text.count("{") > _MOST_NESTED
            found = json.loads(
                "" if is_too_much else text, parse_constant=_refuse, parse_float=_finite
            )
        except (ValueError, RecursionError) as error:
            raise SourceAwayError(name, "did not answer with JSON") from error
        return found


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant[:40]} is no number")
