"""The one place that knows the concrete classes: settings in, a working application out."""

import socket
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from digest.clock import Clock, utc_now
from digest.config import Settings
from digest.delivery.file import FileTransport
from digest.delivery.maildir import MaildirTransport
from digest.delivery.owner import this_owner
from digest.delivery.smtp import SmtpSettings, SmtpTransport, Tls
from digest.delivery.transports import Transport
from digest.pipeline.archive import Archives
from digest.pipeline.deliver import Sender
from digest.pipeline.subscribe import Registry
from digest.rendering.email import MailRenderer
from digest.rendering.links import Links
from digest.store.engine import Database
from digest.tokens import Tokens

_SMTP_PORT = 25
_SMTPS_PORT = 465


@dataclass(frozen=True)
class App:
    """Everything the jobs, the pages and the commands work with; made once per process."""

    settings: Settings
    database: Database
    tokens: Tokens
    links: Links
    renderer: MailRenderer
    clock: Clock
    archives: Archives
    owner: str = field(default_factory=this_owner)

    @property
    def registry(self) -> Registry:
        """Return the list of readers."""
        return Registry(self.database, self.tokens, self.settings.authority, self.clock)

    def sender(self, transport: Transport | None = None) -> Sender:
        """Return what sends mail, over the transport of the settings unless another is given."""
        return Sender(
            database=self.database,
            transport=transport or build_transport(self.settings),
            renderer=self.renderer,
            links=self.links,
            site_name=self.settings.site_name,
            mail_from=self.settings.mail_from,
            authority=self.settings.authority,
            owner=self.owner,
            clock=self.clock,
        )


def build_app(settings: Settings, clock: Clock = utc_now) -> App:
    """Wire an application; opens nothing yet but makes the signing key at the first start."""
    tokens = Tokens(settings.secrets())
    links = Links(settings.public_url, tokens)
    database = Database(settings.database)
    return App(
        settings=settings,
        database=database,
        tokens=tokens,
        links=links,
        renderer=MailRenderer(
            links,
            settings.site_name,
            template_override=settings.template_override,
            postal=settings.postal or None,
        ),
        clock=clock,
        archives=Archives(database, clock),
    )


def build_transport(settings: Settings) -> Transport:
    """Return the transport of `DIGEST_MAIL`: smtp, smtps, maildir or file."""
    address = urlsplit(settings.mail)
    if address.scheme in ("smtp", "smtps"):
        is_implicit = address.scheme == "smtps"
        return SmtpTransport(
            SmtpSettings(
                host=address.hostname or "localhost",
                port=address.port or (_SMTPS_PORT if is_implicit else _SMTP_PORT),
                local_hostname=socket.getfqdn(),
                tls=Tls.IMPLICIT if is_implicit else Tls(settings.starttls),
                username=unquote(address.username) if address.username else None,
                password=unquote(address.password or ""),
            )
        )
    path = Path(unquote(settings.mail.partition(":")[2].removeprefix("//")) or "mail")
    path = path.expanduser()
    folder = path if path.is_absolute() else settings.data_path / path
    return MaildirTransport(folder) if address.scheme == "maildir" else FileTransport(folder)
