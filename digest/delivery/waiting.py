"""Waiting for one thing after another, each until its own time, at next to no cost."""

import asyncio


class Waiting:
    """One task's waiting: woken by whoever has something for it, or late.

    asyncio.timeout sets and cancels a timer each time; here one alarm serves many waits, and is set
    anew only when it would ring too late.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._alarm: asyncio.TimerHandle | None = None

    async def wait(self, deadline: float) -> None:
        """Return once woken; raises TimeoutError at the deadline, a time of the loop."""
        self._deadline = deadline
        if self._alarm is None or self._alarm.when() > deadline:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._loop.call_at(deadline, self._ring)
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def wake(self) -> None:
        """Let the task go on, if it waits."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """Let go of the alarm."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ring(self) -> None:
        self._alarm = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() >= self._deadline:
            self._waiter.set_exception(TimeoutError())
        else:
            self._alarm = self._loop.call_at(self._deadline, self._ring)
