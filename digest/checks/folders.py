"""What is said about folders, and about the addresses that mails show."""

import os
import tempfile
from collections.abc import Iterator
from urllib.parse import urlsplit

from digest.checks.findings import Finding, bad, good
from digest.config import Settings
from digest.sources.dumps.saved_pages import pages_in

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def check_folders(settings: Settings) -> Iterator[Finding]:
    """Yield whether data can be written and dumps read."""
    try:
        settings.data_path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data_path):
            yield good("data folder", f"{settings.data_path} can be written")
    except OSError as error:
        yield bad("data folder", f"{settings.data_path}: {error.strerror}; set DIGEST_DATA_DIR")
    yield _dumps(settings)


def _dumps(settings: Settings) -> Finding:
    dumps = settings.dumps_path
    if not dumps.is_dir():
        return bad("dumps folder", f"there is no {dumps}; make it or set DIGEST_DUMPS_DIR")
    if settings.dumps_after == "move" and not os.access(dumps, os.W_OK | os.X_OK):
        says = f"{dumps} cannot be written, so no file can be moved; set DIGEST_DUMPS_AFTER=leave"
        return bad("dumps folder", says)
    return good("dumps folder", f"{dumps} has {len(pages_in(dumps))} saved pages")


def check_links(settings: Settings) -> Finding:
    """Return whether links in mails can be followed by those who get them."""
    if settings.sends_out and urlsplit(settings.public_url).hostname in _LOOPBACK:
        says = f"{settings.public_url} works on this machine only; set DIGEST_BASE_URL"
        return bad("links in mails", says)
    return good("links in mails", f"begin with {settings.public_url}")
