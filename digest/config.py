"""Every setting, read once from the environment, typed, and checked with a hint."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from digest.errors import ConfigError, SubscriptionError
from digest.model.cadence import parse_zone

PREFIX = "DIGEST_"

_SHORTEST_KEY = 16
_MOST = 1000  # connections of one worker
_LEASES = range(15, 3601)
# Links, undoing and receipts reach back a month; and a century is for ever.
_DAYS_KEPT = range(30, 36_501)
_PROXIES = 10  # in a row: more is a mistake
_RATE = re.compile(r"([a-z0-9.-]+)=(\d+(?:\.\d+)?)/([smh])", re.ASCII)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_SWITCHES = {
    "priors": ("on", "off"),
    "compiled": ("on", "off"),
    "review": ("on", "off"),
    "dumps_after": ("leave", "move"),
    "metrics": ("loopback", "public", "off"),
    "uncertain": ("resend", "hold"),
}
_SERVERS = ("smtp://", "smtps://", "lmtp://", "sendmail:")
_FOLDERS = ("maildir:", "file:")
_INTAKES = ("lmtp://", "smtp://", "maildir:", "imap://", "imaps://")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,79}", re.ASCII)
_ADDRESS = re.compile(r"[^@\s<>\"(),;]+@[^@\s<>\"(),;]+", re.ASCII)
_HUB = re.compile(
    r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d+)?([/?][!$-;=?-~]*)?", re.ASCII
)
# As it stands in an address, with its port where that is not the usual one.
_HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(:(?!(80|443)$)\d{1,5})?", re.ASCII)
# They stand in every mail, some of them many times, and a mail has a size to keep.
_LONGEST = {"site_name": 200, "base_url": 300, "postal": 1000}
_BASE_URL = re.compile(
    r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d+)?(/[!$-;=@-~]*)?", re.ASCII
)


def _setting(default: str, sentence: str, *, is_secret: bool = False) -> str:
    return field(default=default, metadata={"sentence": sentence, "is_secret": is_secret})


@dataclass(frozen=True)
class Settings:
    """What an operator may set: `DIGEST_` and the name in capitals is the variable.

    Fields hold what was written; the properties below give what is used. `read_settings` checks
    them all, so that nothing else need.
    """

    data_dir: str = _setting(
        "digest-data",
        "Folder of the database, the signing key and, if nothing else is said, the mail.",
    )
    database_url: str = _setting(
        "", "sqlite:///path or postgresql://user:password@host/name; empty is SQLite in data_dir.",
        is_secret=True,
    )  # fmt: skip
    dumps_dir: str = _setting("dumps", "Folder that is watched for saved pages of trending papers.")
    dumps_after: str = _setting(
        "leave",
        "leave or move: whether files that were read stay in dumps_dir, or go to its folder done, "
        "those that were refused to its folder refused with the reason beside them.",
    )
    sources: str = _setting(
        "",
        "Services that papers come from besides the folder, separated by spaces, such as "
        "huggingface arxiv:cs.CL+cs.LG; `digest sources kinds` names them all.",
    )
    contact: str = _setting(
        "", "Address that services may write to about our requests; empty is mail_from."
    )
    mirrors: str = _setting(
        "", "Addresses to ask in place of a host's own, such as arxiv.org=https://mirror.example."
    )
    private_hosts: str = _setting(
        "", "Hosts with private addresses, or their networks, that sources may be read from."
    )
    source_keys: str = _setting(
        "",
        "Keys of services, as semantic-scholar=key.",
        is_secret=True,
    )
    base_url: str = _setting(
        "", "Public address of the pages, which links in mails begin with; empty is host and port."
    )
    host: str = _setting("127.0.0.1", "Address the web server listens on.")
    port: str = _setting("8321", "Port the web server listens on.")
    trusted_proxies: str = _setting(
        "0", "How many proxies of yours stand before the web server and add to X-Forwarded-For."
    )
    admin_header: str = _setting(
        "",
        "Header in which a proxy of yours says which operator signed in there, such as "
        "X-Forwarded-User; empty is none. The proxy has to take it off what comes from outside.",
    )
    metrics: str = _setting(
        "loopback", "Who reads /metrics but operators: loopback (this machine), public or off."
    )
    site_name: str = _setting("Digest", "Name in mails, feeds and pages.")
    secret: str = _setting(
        "", "Keys that sign links, oldest first, separated by commas; empty keeps one in data_dir.",
        is_secret=True,
    )  # fmt: skip
    mail: str = _setting(
        "maildir:",
        "Where mail goes: smtp://user:password@host:port, smtps://, lmtp://, sendmail:path, "
        "maildir:path or file:path; several, separated by spaces, are tried in order.",
        is_secret=True,
    )  # fmt: skip
    starttls: str = _setting("opportunistic", "never, opportunistic or require, for smtp://.")
    connections: str = _setting("20", "Connections to mail servers that a worker has at most.")
    lease: str = _setting(
        "900",
        "Seconds, 15 to 3600, after which others take over the mail of a worker that is not heard "
        "of. Below 900 it waits in proportion less long for mail servers than SMTP asks for, and "
        "more mails may come twice.",
    )
    rates: str = _setting(
        "", "Most mails by domain group, such as gmail=20/s example.org=600/h; empty is no limit."
    )
    uncertain: str = _setting(
        "resend", "resend or hold: whether a mail whose reply was lost is sent once more, marked."
    )
    review: str = _setting(
        "off", "on or off: whether digests wait as planned for `digest deliveries release`."
    )
    dkim: str = _setting(
        "", "Keys that sign mail, as selector:path of a PEM file; RSA first, Ed25519 second."
    )
    return_to: str = _setting(
        "", "Address that bounces come back to, such as return@example.org; empty is mail_from."
    )
    returns: str = _setting(
        "", "Where what comes back is taken in: lmtp://host:port, smtp://, maildir:path, imaps://.",
        is_secret=True,
    )  # fmt: skip
    ehlo_name: str = _setting(
        "", "What we call ourselves to mail servers; empty is this machine's full name."
    )
    resolver: str = _setting("", "Name server that `digest doctor` asks, host:port; empty is ours.")
    mail_from: str = _setting("digest@localhost.localdomain", "Address that mails come from.")
    postal: str = _setting(
        "", "Postal line of the sender for the foot of mails, where the law asks for one."
    )
    templates_dir: str = _setting(
        "",
        "Folder whose templates take the place of ours, file by file; `digest doctor` tries them. "
        "Sentences that are not ours stay in the language they are written in.",
    )
    hub: str = _setting(
        "", "WebSub hub that is told when public feeds change, http:// or https://; empty is none."
    )
    keep_days: str = _setting(
        "400",
        "Days that digests are kept, with their mails and what came back about them, and the mails "
        "about subscriptions: 30 or more; 0 keeps them for ever. Papers are always kept.",
    )
    timezone: str = _setting("UTC", "Time zone a new reader starts with.")
    priors: str = _setting(
        "on", "on or off: whether place in the list and age order papers that match equally well."
    )
    compiled: str = _setting(
        "on", "on or off: whether ranking is compiled where numba is installed (extra scale)."
    )

    @property
    def data_path(self) -> Path:
        """Return the data folder, absolute."""
        return Path(self.data_dir).expanduser().resolve()

    @property
    def dumps_path(self) -> Path:
        """Return the watched folder, absolute."""
        return Path(self.dumps_dir).expanduser().resolve()

    @property
    def database(self) -> str:
        """Return the database's address in SQLAlchemy's form."""
        if not self.database_url:
            return f"sqlite:///{self.data_path / 'digest.sqlite3'}"
        for scheme in ("postgresql://", "postgres://"):
            if self.database_url.startswith(scheme):
                return "postgresql+psycopg://" + self.database_url.removeprefix(scheme)
        return self.database_url

    @property
    def source_words(self) -> list[str]:
        """Return the services that papers come from, as written."""
        return self.sources.split()

    @property
    def mirror_by_host(self) -> dict[str, str]:
        """Return the address to ask in place of a host's own."""
        pairs = (each.partition("=") for each in self.mirrors.split())
        return {host.lower(): url.rstrip("/") for host, _, url in pairs}

    @property
    def keys_of_services(self) -> dict[str, str]:
        """Return the keys of services by their names."""
        pairs = (each.partition("=") for each in self.source_keys.split())
        return {name: key for name, _, key in pairs}

    @property
    def is_embedded(self) -> bool:
        """Tell whether the database is a file of this machine."""
        return self.database.startswith("sqlite")

    @property
    def template_override(self) -> Path | None:
        """Return the operator's own templates, if any."""
        return Path(self.templates_dir).expanduser().resolve() if self.templates_dir else None

    @property
    def port_number(self) -> int:
        """Return the port as a number."""
        return int(self.port)

    @property
    def proxies(self) -> int:
        """Return how many proxies requests come by."""
        return int(self.trusted_proxies)

    @property
    def rate_by_group(self) -> dict[str, float]:
        """Return the most mails a second by domain group."""
        found = _RATE.finditer(self.rates)
        return {each[1]: float(each[2]) / _SECONDS[each[3]] for each in found}

    @property
    def dkim_keys(self) -> list[tuple[str, Path]]:
        """Return the keys that sign mail: (selector, file)."""
        pairs = [each.partition(":") for each in self.dkim.split()]
        return [(selector, Path(path).expanduser()) for selector, _, path in pairs]

    @property
    def mail_routes(self) -> list[str]:
        """Return the addresses of where mail goes, in order of preference."""
        return self.mail.split()

    @property
    def mail_shown(self) -> str:
        """Return where mail goes, without a password."""
        return ", else ".join(map(_without_password, self.mail_routes))

    @property
    def sends_out(self) -> bool:
        """Tell whether mail goes to other machines, and not to a folder."""
        return any(route.startswith(_SERVERS) for route in self.mail_routes)

    @property
    def keep(self) -> timedelta | None:
        """Return how long digests are kept, None for ever."""
        return timedelta(days=int(self.keep_days)) if int(self.keep_days) else None

    @property
    def spill_path(self) -> Path:
        """Return the folder for verdicts that the database would not take."""
        return self.data_path / "spill"

    @property
    def public_url(self) -> str:
        """Return the address that links in mails and feeds begin with."""
        if self.base_url:
            return self.base_url
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104  asked, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def authority(self) -> str:
        """Return the host of the base address, for feed ids and the List-Id of a new site."""
        return urlsplit(self.public_url).hostname or "localhost"

    def secrets(self) -> list[str]:
        """Return the signing keys, oldest first; makes and keeps one in data_dir at first use.

        Many processes may ask at once: the file is made with O_EXCL, and whoever loses reads it.
        """
        if self.secret:
            return [key.strip() for key in self.secret.split(",") if key.strip()]
        path = self.data_path / "secret.key"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Written beside and linked: no reader ever sees half a key.
            draft = path.with_name(f"secret.{os.getpid()}.{secrets.token_hex(4)}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(32) + "\n")
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text().split()


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process, checked.

    Raises ConfigError for a value that cannot be, and for a DIGEST_ variable that is none of ours:
    a misspelt setting that is silently ignored costs an operator an evening.
    """
    variables = os.environ if environment is None else environment
    names = {f"{PREFIX}{row.name.upper()}": row.name for row in fields(Settings)}
    for variable in variables:
        if variable.startswith(PREFIX) and variable not in names and not _is_for_tests(variable):
            raise ConfigError(variable, f"no such setting; there are {', '.join(sorted(names))}")
    settings = Settings(
        **{name: variables[v].strip() for v, name in names.items() if variables.get(v, "").strip()}
    )
    _check(settings)
    return settings


def _is_for_tests(variable: str) -> bool:
    return variable.startswith("DIGEST_TEST_")


def _check(settings: Settings) -> None:
    _check_lengths(settings)
    _check_addresses(settings)
    _check_hub(settings)
    _check_mail(settings)
    _check_switches(settings)
    _check_sources(settings)
    if not settings.database.startswith(("sqlite:///", "postgresql+psycopg://")):
        hint = "write sqlite:///path or postgresql://user@host/name"
        raise ConfigError("DIGEST_DATABASE_URL", hint)
    if settings.database_url and not settings.is_embedded and not settings.secret:
        raise ConfigError("DIGEST_SECRET", "set one (40 random characters), the same on every host")
    if settings.secret and min(map(len, settings.secrets()), default=0) < _SHORTEST_KEY:
        raise ConfigError("DIGEST_SECRET", f"every key has at least {_SHORTEST_KEY} characters")
    try:
        parse_zone(settings.timezone)
    except SubscriptionError as error:
        raise ConfigError("DIGEST_TIMEZONE", str(error)) from error


def _check_lengths(settings: Settings) -> None:
    for name, longest in _LONGEST.items():
        if len(getattr(settings, name)) > longest:
            hint = f"write at most {longest} characters: it stands in every mail"
            raise ConfigError(f"{PREFIX}{name.upper()}", hint)


def _check_addresses(settings: Settings) -> None:
    if not settings.port.isdecimal() or not 0 <= int(settings.port) <= 65535:  # noqa: PLR2004  a port
        hint = f"{settings.port!r} is not a port: write a number such as 8321"
        raise ConfigError("DIGEST_PORT", hint)
    if not settings.trusted_proxies.isdecimal() or int(settings.trusted_proxies) > _PROXIES:
        raise ConfigError("DIGEST_TRUSTED_PROXIES", f"write a number from 0 to {_PROXIES}")
    if not _BASE_URL.fullmatch(settings.public_url) or _port_of(settings.public_url) is None:
        hint = "write an address in ASCII, such as https://digest.example.org"
        raise ConfigError("DIGEST_BASE_URL", hint)


def _check_hub(settings: Settings) -> None:
    if settings.hub and (not _HUB.fullmatch(settings.hub) or _port_of(settings.hub) is None):
        hint = "write an address in ASCII, such as https://hub.example.org/"
        raise ConfigError("DIGEST_HUB", hint)


def _check_switches(settings: Settings) -> None:
    for name, words in _SWITCHES.items():
        if getattr(settings, name) not in words:
            *others, last = words
            hint = f"write {', '.join(others)} or {last}"
            raise ConfigError(f"{PREFIX}{name.upper()}", hint)
    if settings.admin_header and not _HEADER.fullmatch(settings.admin_header):
        raise ConfigError("DIGEST_ADMIN_HEADER", "write a header's name, such as X-Forwarded-User")
    if settings.admin_header and settings.trusted_proxies == "0":
        hint = "set it to 1 or more, or nobody is to be believed about DIGEST_ADMIN_HEADER"
        raise ConfigError("DIGEST_TRUSTED_PROXIES", hint)
    if not settings.connections.isdecimal() or not 1 <= int(settings.connections) <= _MOST:
        raise ConfigError("DIGEST_CONNECTIONS", f"write a number from 1 to {_MOST}")
    if not settings.lease.isdecimal() or int(settings.lease) not in _LEASES:
        hint = f"write seconds, from {_LEASES[0]} to {_LEASES[-1]}"
        raise ConfigError("DIGEST_LEASE", hint)
    if settings.keep_days != "0" and (
        not settings.keep_days.isdecimal() or int(settings.keep_days) not in _DAYS_KEPT
    ):
        hint = f"write days, {_DAYS_KEPT[0]} or more, or 0 for ever"
        raise ConfigError("DIGEST_KEEP_DAYS", hint)


def _check_mail(settings: Settings) -> None:
    if settings.starttls not in ("never", "opportunistic", "require"):
        raise ConfigError("DIGEST_STARTTLS", "write never, opportunistic or require")
    for route in settings.mail_routes:
        _check_route(route)
    if not _ADDRESS.fullmatch(settings.mail_from):
        raise ConfigError("DIGEST_MAIL_FROM", "write an address alone, such as digest@example.org")
    _check_returns(settings)
    _check_signing_and_rates(settings)


def _check_returns(settings: Settings) -> None:
    if settings.return_to and not _ADDRESS.fullmatch(settings.return_to):
        raise ConfigError("DIGEST_RETURN_TO", "write an address alone, such as return@example.org")
    if settings.returns and not settings.return_to:
        raise ConfigError("DIGEST_RETURN_TO", "set it, or nothing comes back to DIGEST_RETURNS")
    for intake in settings.returns.split():
        if not intake.startswith(_INTAKES):
            hint = "write lmtp://host:port, smtp://host:port, maildir:path or imaps://user@host"
            raise ConfigError("DIGEST_RETURNS", hint)


def _check_sources(settings: Settings) -> None:
    for each in settings.mirrors.split():
        host, _, url = each.partition("=")
        if not _HOST.fullmatch(host) or not _BASE_URL.fullmatch(url) or _port_of(url) is None:
            hint = f"{each!r} is no mirror: write arxiv.org=https://mirror.example"
            raise ConfigError("DIGEST_MIRRORS", hint)
    if len(settings.mirror_by_host) < len(settings.mirrors.split()):
        raise ConfigError("DIGEST_MIRRORS", "write each host once")
    for each in settings.private_hosts.split():
        if not _is_network(each) and (":" in each or not _HOST.fullmatch(each)):
            hint = (
                f"{each!r} is none: write a host's name, 10.1.2.3 or a network such as 10.1.0.0/16"
            )
            raise ConfigError("DIGEST_PRIVATE_HOSTS", hint)
    for each in settings.source_keys.split():
        # A key is sent in a header; and whoever reads the hint need not see it.
        if not all(each.partition("=")) or not (each.isascii() and each.isprintable()):
            raise ConfigError("DIGEST_SOURCE_KEYS", "write name=key, such as semantic-scholar=...")
    if settings.contact and not (
        _ADDRESS.fullmatch(settings.contact) and settings.contact.isascii()
    ):
        hint = "write an address in ASCII alone, such as digest@example.org"
        raise ConfigError("DIGEST_CONTACT", hint)


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _check_signing_and_rates(settings: Settings) -> None:
    for key in settings.dkim.split():
        if not all(key.partition(":")):
            raise ConfigError("DIGEST_DKIM", "write selector:path, such as digest:dkim.pem")
    for rate in settings.rates.split():
        found = _RATE.fullmatch(rate)
        if not found or not float(found[2]):
            hint = f"{rate!r} is no rate: write gmail=20/s or example.org=600/h"
            raise ConfigError("DIGEST_RATES", hint)


def _check_route(route: str) -> None:
    if not route.startswith((*_SERVERS, *_FOLDERS)):
        hint = "write smtp://host:25, smtps://host, lmtp://host:24, sendmail:, maildir:path or file:path"
        raise ConfigError("DIGEST_MAIL", hint)
    if route.startswith(("smtp", "lmtp:/")) and (
        _port_of(route) is None or not (urlsplit(route).hostname or urlsplit(route).path)
    ):
        hint = "write a host and a port; in a password / is %2F, # is %23 and @ is %40"
        raise ConfigError("DIGEST_MAIL", hint)


def _without_password(route: str) -> str:
    address = urlsplit(route)
    if address.scheme in ("smtp", "smtps", "lmtp") and address.hostname:
        return f"{address.scheme}://{address.hostname}:{address.port or 'default port'}"
    return route


def _port_of(url: str) -> int | None:
    """Return the port of a URL, 0 for the usual one, None for one that cannot be."""
    try:
        return urlsplit(url).port or 0
    except ValueError:
        return None


def rows(settings: Settings) -> list[tuple[str, str, str, str]]:
    """Return (variable, value, default, sentence) of every setting; secrets are masked."""
    table = []
    for row in fields(Settings):
        value = getattr(settings, row.name)
        shown = "********" if row.metadata["is_secret"] and value != row.default else value
        table.append(
            (f"{PREFIX}{row.name.upper()}", shown, str(row.default), row.metadata["sentence"])
        )
    return table
