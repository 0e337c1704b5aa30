"""Debian's Chromium, for the tests that need a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.lint.tools import program

_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a browser that fetches nothing by itself.

    For as long as the block lasts its event loop runs in this thread, where others cannot have one.
    """
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program("chromium"), args=_FLAGS)
        yield opened
        opened.close()
