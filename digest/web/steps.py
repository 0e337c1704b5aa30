"""Answers that take as long for one address as for another."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

Endpoint = Callable[[Request], Awaitable[Response]]

# An answer takes one step, or as many whole ones as it needs: a reader who is new costs the database
# more than one who is known, and a clock must not tell them apart.
STEP = 0.05


def in_steps(take: Endpoint) -> Endpoint:
    """Return an endpoint that answers a form after whole steps of time."""

    async def take_in_step(request: Request) -> Response:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        answer = await take(request)
        await asyncio.sleep(-(loop.time() - begun) % STEP)
        return answer

    return take_in_step
