"""What `digest doctor` looks at: one finding a subject, each with what to do."""

import smtplib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.app import App
from digest.errors import StoreError
from digest.store.dumps import recent_dumps
from digest.store.schema import current_revision, head_revision

_READY = 250  # what EHLO is answered with, RFC 5321
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; what it says ends with what to do when it is not good."""

    what: str
    is_good: bool
    says: str


def check_all(app: App) -> list[Finding]:
    """Return what was found, in the order of the flow; changes nothing."""
    return [*_folders(app), *_database(app), _mail(app), _address(app)]


def _folders(app: App) -> Iterator[Finding]:
    try:
        app.settings.data_path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=app.settings.data_path):
            yield _good("data folder", f"{app.settings.data_path} can be written")
    except OSError as error:
        says = f"{app.settings.data_path}: {error.strerror}; set DIGEST_DATA_DIR"
        yield _bad("data folder", says)
    dumps = app.settings.dumps_path
    if dumps.is_dir():
        yield _good("dumps folder", f"{dumps} has {len(list(dumps.glob('*.txt')))} *.txt")
    else:
        yield _bad("dumps folder", f"there is no {dumps}; make it or set DIGEST_DUMPS_DIR")


def _database(app: App) -> Iterator[Finding]:
    try:
        current, head = current_revision(app.database), head_revision()
    except StoreError as error:
        yield _bad("database", str(error))
        return
    if current != head:
        says = f"at {current or 'nothing'}, needs {head}: run `digest db upgrade`"
        yield _bad("database", says)
        return
    name = app.database.url.render_as_string(hide_password=True)
    yield _good("database", f"{name} is at {head}")
    with app.database.reading() as connection:
        newest = recent_dumps(connection, 1)
    if newest:
        age = (app.clock() - newest[0].ingested_at).days
        says = f"{newest[0].dump.name}, {newest[0].papers} papers, taken in {age} days ago"
        yield _good("newest dump", says)
    else:
        yield _bad("newest dump", "none was taken in yet: `digest ingest FILE`")


def _mail(app: App) -> Finding:
    address = urlsplit(app.settings.mail)
    if address.scheme not in ("smtp", "smtps"):
        return _good("mail", f"goes to {app.settings.mail}, not to the world")
    client = smtplib.SMTP_SSL if address.scheme == "smtps" else smtplib.SMTP
    port = address.port or client.default_port
    where = f"{address.hostname}:{port}"
    try:
        with client(address.hostname or "", port, timeout=10) as server:
            code, _ = server.ehlo()
            offers = [name for name in ("starttls", "auth", "pipelining") if server.has_extn(name)]
    except OSError as error:
        return _bad("mail", f"{where} does not answer ({error}); see DIGEST_MAIL")
    says = f"{where} answers {code}, offers {', '.join(offers) or 'nothing'}"
    return _good("mail", says) if code == _READY else _bad("mail", says)


def _address(app: App) -> Finding:
    base = urlsplit(app.settings.public_url)
    sends_out = urlsplit(app.settings.mail).scheme in ("smtp", "smtps")
    if sends_out and base.hostname in _LOOPBACK:
        says = f"{app.settings.public_url} works on this machine only; set DIGEST_BASE_URL"
        return _bad("links in mails", says)
    if sends_out and app.settings.mail_from.endswith("localdomain"):
        return _bad("sender", "set DIGEST_MAIL_FROM to an address of your domain")
    return _good("links in mails", f"begin with {app.settings.public_url}")


def _good(what: str, says: str) -> Finding:
    return Finding(what, is_good=True, says=says)


def _bad(what: str, says: str) -> Finding:
    return Finding(what, is_good=False, says=says)
