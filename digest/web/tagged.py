"""Answer with bytes under a strong tag, or that whoever asks has them; made only if they are sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import Response

from digest.web.conditional import accepts_gzip, entity_tag, is_unchanged
from digest.web.full_answers import check_full_answer


@dataclass(frozen=True)
class Tagged:
    """Bytes by their tag: `make` returns them, plain and packed, and is called if they are needed.

    Where nobody knows when they changed, their tag alone tells them from others.
    """

    etag: str
    updated_at: datetime | None
    content_type: str
    make: Callable[[], tuple[bytes, bytes]]
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write the headers that every answer has, for both encodings: they are sent very often."""
        common = {**self.headers, "Vary": "Accept-Encoding"}
        if self.updated_at is not None:
            moment = self.updated_at.astimezone(UTC).replace(microsecond=0)
            common["Last-Modified"] = format_datetime(moment, usegmt=True)
        both = tuple(
            {"ETag": entity_tag(self.etag, is_gzip=is_gzip), **common} for is_gzip in (False, True)
        )
        object.__setattr__(self, "_common", both)

    def common(self, *, is_gzip: bool) -> dict[str, str]:
        """Return the headers that a 200 and a 304 in an encoding have alike."""
        both: tuple[dict[str, str], dict[str, str]] = vars(self)["_common"]
        return both[is_gzip]


def has_it(request: Request, etag: str, updated_at: datetime | None) -> bool:
    """Tell whether whoever asks has the bytes of a tag, in either encoding."""
    return is_unchanged(
        etag,
        updated_at,
        _listed(request, "if-none-match"),
        request.headers.get("if-modified-since"),
    )


def answer(request: Request, tagged: Tagged) -> Response:
    """Return the bytes, compressed if the reader takes that, or 304 if they have them.

    Raises TooManyError for who takes the whole too often.
    """
    is_gzip = accepts_gzip(_listed(request, "accept-encoding"))
    headers = tagged.common(is_gzip=is_gzip)
    if has_it(request, tagged.etag, tagged.updated_at):
        return Response(status_code=304, headers=headers)
    if request.method != "HEAD":
        check_full_answer(request, tagged.etag)
    plain, packed = tagged.make()
    body = packed if is_gzip else plain
    headers = {
        **headers,
        "Content-Type": f"{tagged.content_type}; charset=utf-8",
        "Content-Length": str(len(body)),
    }
    if is_gzip:
        headers["Content-Encoding"] = "gzip"
    return Response(b"" if request.method == "HEAD" else body, headers=headers)


def _listed(request: Request, name: str) -> str | None:
    """Return a header whose value is a list, which may be sent in several lines (RFC 9110, 5.3)."""
    lines = request.headers.getlist(name)
    return ", ".join(lines) if lines else None
