"""Forms with a file: what they hold, within bounds, and nothing of it kept."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from digest.sources.libraries.library import MAX_BYTES
from digest.web.form_data import form_data
from digest.web.site import Form
from digest.web.uploads import plain_name

# As many boxes as a page of proposals has, with room.
_MOST_FIELDS = 120


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as a browser sent it; without bytes where none was chosen."""

    name: str
    content: bytes


def takes_file(
    handle: Callable[[Request, Form, SentFile], Response],
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that reads a form with one file, `file`, and hands both on, in a thread."""

    async def endpoint(request: Request) -> Response:
        sent = SentFile("", b"")
        async with form_data(request, fields=_MOST_FIELDS, files=1, part=MAX_BYTES + 1) as read:
            form, file = read
            if file is not None:
                content = await file.read(MAX_BYTES + 1)
                sent = SentFile(plain_name(file.filename or ""), content)
        return await run_in_threadpool(handle, request, form, sent)

    return endpoint
