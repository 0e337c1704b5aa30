"""Waiting for what gives no better signal: another program, another host, a server."""

import time
from collections.abc import Callable

from tests.postgres import process_wait

PATIENCE = 60.0


def eventually(look: Callable[[], object], what: str, within: float = PATIENCE) -> None:
    """Look again and again until it is so; raise TimeoutError if it never is."""
    give_up_at = time.monotonic() + within
    while not look():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"{what}: not within {within:g} s")
        process_wait(0.02)
