"""From an address an operator writes to the transport that is meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from digest.delivery.file import FileTransport
from digest.delivery.maildir import MaildirTransport
from digest.delivery.sendmail import SendmailTransport
from digest.delivery.smtp import Auth, SmtpSettings, SmtpTransport, Timeouts, Tls
from digest.delivery.transports import Threaded, Transport
from digest.errors import ConfigError

SETTING = "DIGEST_MAIL"
_PORTS = {"smtp": 25, "smtps": 465, "lmtp": 24}
_OPTIONS = {"tls", "auth", "password_file"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an address does not say: our name, the usual TLS policy, where relative paths begin.

    `patience` is the share of the usual time that servers may take.
    """

    ehlo_name: str
    starttls: str
    data_path: Path
    patience: float = 1.0


def open_route(address: str, surroundings: Surroundings) -> Transport:
    """Return the transport of an address; opens no connection.

    `smtp://user:password@host:port?tls=require&auth=xoauth2&password_file=path`, `smtps://`,
    `lmtp://host:port` or `lmtp:///path/of/a/socket`, `sendmail:/path`, `maildir:path`, `file:path`.
    Raises ConfigError for options that are none.
    """
    parts = urlsplit(address)
    if parts.scheme in _PORTS:
        return _server(parts, surroundings)
    path = unquote(address.partition(":")[2].removeprefix("//"))
    if parts.scheme == "sendmail":
        return Threaded(SendmailTransport([path or "/usr/sbin/sendmail"]))
    folder = Path(path or "mail").expanduser()
    folder = folder if folder.is_absolute() else surroundings.data_path / folder
    if parts.scheme == "maildir":
        return Threaded(MaildirTransport(folder))
    return Threaded(FileTransport(folder))


def _server(parts: SplitResult, surroundings: Surroundings) -> Transport:
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if unknown := options.keys() - _OPTIONS:
        hint = f"no such option: {', '.join(sorted(unknown))}; there are {', '.join(_OPTIONS)}"
        raise ConfigError(SETTING, hint)
    try:
        auth = Auth(options["auth"].lower()) if "auth" in options else None
        tls = Tls(options.get("tls", surroundings.starttls))
    except ValueError as error:
        hint = "tls is never, opportunistic or require; auth is plain, login or xoauth2"
        raise ConfigError(SETTING, f"{error}; {hint}") from error
    _check(parts, options, tls)
    password_file = options.get("password_file")
    return SmtpTransport(
        SmtpSettings(
            host=parts.hostname or unquote(parts.path),
            port=parts.port or _PORTS[parts.scheme],
            local_hostname=surroundings.ehlo_name,
            tls=Tls.IMPLICIT if parts.scheme == "smtps" else tls,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or ""),
            password_file=Path(password_file).expanduser() if password_file else None,
            auth=auth,
            timeouts=Timeouts().scaled(surroundings.patience),
            is_lmtp=parts.scheme == "lmtp",
        )
    )


def _check(parts: SplitResult, options: Mapping[str, str], tls: Tls) -> None:
    """Refuse what contradicts itself: whoever wrote it believes in what would not be."""
    if parts.port == 0:
        raise ConfigError(SETTING, "there is no port 0")
    if parts.scheme == "smtps" and "tls" in options:
        raise ConfigError(
            SETTING, "smtps:// is TLS from the start: leave out tls=, or write smtp://"
        )
    if parts.scheme == "lmtp" and tls is Tls.IMPLICIT:
        raise ConfigError(SETTING, "LMTP has no TLS from the start: write tls=require")
