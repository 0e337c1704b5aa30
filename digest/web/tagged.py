"""Answer with bytes under a strong tag, or that whoever asks has them; made only if they are sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import Response

from digest.web.conditional import accepts_gzip, entity_tag, is_unchanged


@dataclass(frozen=True)
class Tagged:
    """Bytes by their tag: `make` returns them, plain and packed, and is called if they are needed."""

    etag: str
    updated_at: datetime
    content_type: str
    make: Callable[[], tuple[bytes, bytes]]
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write the headers that every answer has, for both encodings: they are sent very often."""
        moment = self.updated_at.astimezone(UTC).replace(microsecond=0)
        common = {
            **self.headers,
            "Last-Modified": format_datetime(moment, usegmt=True),
            "Vary": "Accept-Encoding",
        }
        both = tuple(
            {"ETag": entity_tag(self.etag, is_gzip=is_gzip), **common} for is_gzip in (False, True)
        )
        object.__setattr__(self, "_common", both)

    def common(self, *, is_gzip: bool) -> dict[str, str]:
        """Return the headers that a 200 and a 304 in an encoding have alike."""
        both: tuple[dict[str, str], dict[str, str]] = vars(self)["_common"]
        return both[is_gzip]


def has_it(request: Request, etag: str, updated_at: datetime) -> bool:
    """Tell whether whoever asks has the bytes of a tag, in either encoding."""
    asked = request.headers
    return is_unchanged(
        etag, updated_at, asked.get("if-none-match"), asked.get("if-modified-since")
    )


def answer(request: Request, tagged: Tagged) -> Response:
    """Return the bytes, compressed if the reader takes that, or 304 if they have them."""
    is_gzip = accepts_gzip(request.headers.get("accept-encoding"))
    headers = tagged.common(is_gzip=is_gzip)
    if has_it(request, tagged.etag, tagged.updated_at):
        return Response(status_code=304, headers=headers)
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
