"""Forms as they come in: their texts, and one file at most, within bounds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

_UNREADABLE = "This form cannot be read"


@asynccontextmanager
async def form_data(
    request: Request, *, fields: int, files: int = 0, part: int = 1 << 20
) -> AsyncIterator[tuple[dict[str, str], UploadFile | None]]:
    """Give the texts of a form, and what was sent as `file`, None for nothing, within a block.

    `part` is how many bytes of a text are read at most. Raises HTTPException (400) for a form that
    cannot be read.
    """
    try:
        data = await request.form(max_files=files, max_fields=fields, max_part_size=part)
    except ValueError as error:  # an encoding of parts that is none, or makes no text of them
        raise HTTPException(400, _UNREADABLE) from error
    try:
        texts = {name: text for name, text in data.multi_items() if isinstance(text, str)}
        file = data.get("file")
        yield _written(texts), file if isinstance(file, UploadFile) else None
    finally:
        await data.close()


def _written(texts: dict[str, str]) -> dict[str, str]:
    try:
        "".join(texts.values()).encode()
    except UnicodeEncodeError as error:  # half a character is written nowhere
        raise HTTPException(400, _UNREADABLE) from error
    return texts
