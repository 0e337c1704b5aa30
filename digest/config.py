"""Every setting, read once from the environment, typed, and checked with a hint."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from digest.errors import ConfigError, SubscriptionError
from digest.model.cadence import parse_zone

PREFIX = "DIGEST_"

_SHORTEST_KEY = 16
_ADDRESS = re.compile(r"[^@\s<>\"(),;]+@[^@\s<>\"(),;]+", re.ASCII)
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
    base_url: str = _setting(
        "", "Public address of the pages, which links in mails begin with; empty is host and port."
    )
    host: str = _setting("127.0.0.1", "Address the web server listens on.")
    port: str = _setting("8321", "Port the web server listens on.")
    site_name: str = _setting("Digest", "Name in mails, feeds and pages.")
    secret: str = _setting(
        "", "Keys that sign links, oldest first, separated by commas; empty keeps one in data_dir.",
        is_secret=True,
    )  # fmt: skip
    mail: str = _setting(
        "maildir:", "Where mail goes: smtp://user:password@host:port, smtps://..., maildir:path or file:path.",
        is_secret=True,
    )  # fmt: skip
    starttls: str = _setting("opportunistic", "never, opportunistic or require, for smtp://.")
    mail_from: str = _setting("digest@localhost.localdomain", "Address that mails come from.")
    postal: str = _setting(
        "", "Postal line of the sender for the foot of mails, where the law asks for one."
    )
    templates_dir: str = _setting(
        "", "Folder whose templates take the place of ours, file by file."
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
    def mail_shown(self) -> str:
        """Return where mail goes, without a password."""
        address = urlsplit(self.mail)
        if address.scheme in ("smtp", "smtps"):
            return f"{address.scheme}://{address.hostname}:{address.port or 'default port'}"
        return self.mail

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
    _check_addresses(settings)
    _check_mail(settings)
    _check_switches(settings)
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


def _check_addresses(settings: Settings) -> None:
    if not settings.port.isdecimal() or not 0 <= int(settings.port) <= 65535:  # noqa: PLR2004  a port
        hint = f"{settings.port!r} is not a port: write a number such as 8321"
        raise ConfigError("DIGEST_PORT", hint)
    if not _BASE_URL.fullmatch(settings.public_url) or _port_of(settings.public_url) is None:
        hint = "write an address in ASCII, such as https://digest.example.org"
        raise ConfigError("DIGEST_BASE_URL", hint)


def _check_switches(settings: Settings) -> None:
    for name in ("priors", "compiled"):
        if getattr(settings, name) not in ("on", "off"):
            raise ConfigError(f"{PREFIX}{name.upper()}", "write on or off")


def _check_mail(settings: Settings) -> None:
    if settings.starttls not in ("never", "opportunistic", "require"):
        raise ConfigError("DIGEST_STARTTLS", "write never, opportunistic or require")
    is_smtp = settings.mail.startswith(("smtp://", "smtps://"))
    if not is_smtp and not settings.mail.startswith(("maildir:", "file:")):
        hint = "write smtp://host:25, smtps://host, maildir:path or file:path"
        raise ConfigError("DIGEST_MAIL", hint)
    if is_smtp and (_port_of(settings.mail) is None or not urlsplit(settings.mail).hostname):
        hint = "write a host and a port; in a password / is %2F, # is %23 and @ is %40"
        raise ConfigError("DIGEST_MAIL", hint)
    if not _ADDRESS.fullmatch(settings.mail_from):
        raise ConfigError("DIGEST_MAIL_FROM", "write an address alone, such as digest@example.org")


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
