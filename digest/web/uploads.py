"""Files that are sent to us, each in a folder of its own for as long as it is read."""

import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from digest.text import clean_line
from digest.web.security import MAX_UPLOAD

MOST_IN_WORDS = f"{MAX_UPLOAD >> 20} MiB"
LONGEST_NAME = 200  # bytes: a file system has 255
_FOLDERS = re.compile(r".*[/\\]", re.DOTALL)


@contextmanager
def place_for(name: str) -> Iterator[Path]:
    """Give the path where a file may be kept while the block lasts, under the name it came with."""
    with tempfile.TemporaryDirectory(prefix="digest-upload-") as folder:
        yield Path(folder) / plain_name(name)


def plain_name(name: str) -> str:
    """Return the name of a file as somebody sent it, without folders, as any file may be called."""
    plain = clean_line(_FOLDERS.sub("", name)).lstrip(".").strip()
    return plain.encode()[:LONGEST_NAME].decode(errors="ignore") or "upload.txt"


async def keep(chunks: AsyncIterator[bytes], path: Path) -> None:
    """Write what comes in to a file, a piece at a time."""
    with await run_in_threadpool(path.open, "wb") as file:
        async for chunk in chunks:
            await run_in_threadpool(file.write, chunk)
