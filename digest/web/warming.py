"""The newest papers analysed as soon as a process serves, so that its first reader need not wait."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from digest.web.corpus import Corpus

logger = logging.getLogger(__name__)


@asynccontextmanager
async def warmed(web: Starlette) -> AsyncIterator[None]:
    """Have the papers analysed in the background while a server begins; it stops when that is done."""
    thread = Thread(target=_warm, args=(web.state.site.corpus,), name="warming")
    thread.start()
    try:
        yield
    finally:
        await run_in_threadpool(thread.join)


def _warm(corpus: Corpus) -> None:
    try:
        corpus.recent([])
    except Exception:
        logger.exception("the newest papers could not be analysed; whoever asks first tries again")
