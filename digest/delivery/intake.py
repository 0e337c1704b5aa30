"""Where returned mail is taken in: one address names one way.

| address                          | what it is                                       |
|----------------------------------|--------------------------------------------------|
| lmtp://127.0.0.1:2424            | a listener, for a mail server on this machine    |
| smtp://127.0.0.1:2525            | the same, in the language of servers elsewhere   |
| maildir:path                     | a folder that a mail server delivers into        |
| imaps://user:password@host/INBOX | a mailbox elsewhere; imap:// begins TLS itself   |
"""

from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from digest.delivery.imap import ImapIntake, Mailbox
from digest.delivery.intakes import Intake, Take
from digest.delivery.listener import ReturnsListener
from digest.delivery.mailbox import MaildirIntake
from digest.delivery.verp import Returns
from digest.errors import ConfigError

SETTING = "DIGEST_RETURNS"
_IMAP_PORT = 143
_IMAPS_PORT = 993


def open_intake(address: str, returns: Returns, take: Take) -> Intake:
    """Return the intake that an address names, open; whoever gets it closes it.

    Raises ConfigError for an address that cannot be, IntakeError if it cannot be opened.
    """
    intake = build_intake(address, returns, take)
    intake.open()
    return intake


def build_intake(address: str, returns: Returns, take: Take) -> Intake:
    """Return the intake that an address names, not open yet. Raises ConfigError."""
    if address.startswith("maildir:"):
        path = address.removeprefix("maildir:")
        if not path:
            raise ConfigError(SETTING, "write the folder behind maildir:")
        return MaildirIntake(Path(path).expanduser(), take)
    url = _split(address)
    if url.scheme in {"lmtp", "smtp"}:
        if url.port is None:
            raise ConfigError(SETTING, f"write a port too, such as {url.scheme}://127.0.0.1:2424")
        return ReturnsListener(
            url.hostname or "", url.port, returns, take, is_lmtp=url.scheme == "lmtp"
        )
    if url.scheme in {"imap", "imaps"}:
        return ImapIntake(_mailbox(url), take)
    ways = "lmtp://127.0.0.1:2424, smtp://..., maildir:path or imaps://user:password@host/INBOX"
    raise ConfigError(SETTING, f"write {ways}")


def _mailbox(url: SplitResult) -> Mailbox:
    if not url.username or not url.password:
        raise ConfigError(SETTING, "write the account too: imaps://user:password@host/INBOX")
    is_tls = url.scheme == "imaps"
    return Mailbox(
        host=url.hostname or "",
        port=url.port or (_IMAPS_PORT if is_tls else _IMAP_PORT),
        user=unquote(url.username),
        password=unquote(url.password),
        folder=unquote(url.path.strip("/")) or "INBOX",
        is_tls=is_tls,
    )


def _split(address: str) -> SplitResult:
    hint = "write a host and a port; in a password / is %2F, # is %23 and @ is %40"
    try:
        url = urlsplit(address)
        _ = url.port
    except ValueError as error:
        raise ConfigError(SETTING, hint) from error
    if url.scheme in {"lmtp", "smtp", "imap", "imaps"} and not url.hostname:
        raise ConfigError(SETTING, hint)
    return url
