"""Answer with bytes under a strong tag, or that whoever asks has them; made only if they are sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import Response

from digest.web.conditional import accepts_gzip, entity_tag, is_unchanged


@dataclass(frozen=True, slots=True)
class Tagged:
    """Bytes by their tag: `make` returns them, plain and packed, and is called if they are needed."""

    etag: str
    updated_at: datetime
    content_type: str
    make: Callable[[], tuple[bytes, bytes]]
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(request: Request, tagged: Tagged) -> Response:
    """Return the bytes, compressed if the reader takes that, or 304 if they have them."""
    asked = request.headers
    is_gzip = accepts_gzip(asked.get("accept-encoding"))
    headers = {
        **tagged.headers,
        "ETag": entity_tag(tagged.etag, is_gzip=is_gzip),
        "Last-Modified": format_datetime(
            tagged.updated_at.astimezone(UTC).replace(microsecond=0), usegmt=True
        ),
        "Vary": "Accept-Encoding",
    }
    if is_unchanged(
        tagged.etag,
        tagged.updated_at,
        asked.get("if-none-match"),
        asked.get("if-modified-since"),
    ):
        return Response(status_code=304, headers=headers)
    plain, packed = tagged.make()
    if is_gzip:
        headers["Content-Encoding"] = "gzip"
    headers["Content-Type"] = f"{tagged.content_type}; charset=utf-8"
    return Response(packed if is_gzip else plain, headers=headers)
