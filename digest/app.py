"""The one place that knows the concrete classes: settings in, a working application out."""

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from digest import __version__
from digest.clock import Clock, utc_now
from digest.config import Settings
from digest.credentials import Vault
from digest.delivery.dkim import Signer
from digest.delivery.open_route import Surroundings, open_route
from digest.delivery.owner import this_owner
from digest.delivery.transports import Transport
from digest.delivery.verp import Returns
from digest.errors import ConfigError
from digest.pipeline.archive import Archives
from digest.pipeline.limits import Limits
from digest.pipeline.operators import Operators
from digest.pipeline.outgoing import Lately, Leases, Sender
from digest.pipeline.subscribe import Registry
from digest.rendering.email import MailRenderer
from digest.rendering.links import Links
from digest.sources.base import Source
from digest.sources.client.http import Client
from digest.sources.registry import open_sources
from digest.store.engine import Database
from digest.store.turns import HostTurns
from digest.tokens import Tokens


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
    signers: Sequence[Signer] = ()
    returns: Returns | None = None
    lately: dict[str, Lately] = field(default_factory=dict)
    owner: str = field(default_factory=this_owner)

    @property
    def registry(self) -> Registry:
        """Return the list of readers."""
        return Registry(self.database, self.tokens, self.settings.authority, self.clock)

    @property
    def operators(self) -> Operators:
        """Return who may sign in at /admin."""
        limits = Limits(self.database, self.tokens, self.clock)
        return Operators(self.database, Vault(self.settings.secrets()), limits, self.clock)

    @property
    def ehlo_name(self) -> str:
        """Return what we call ourselves to mail servers."""
        return self.settings.ehlo_name or socket.getfqdn()

    @property
    def leases(self) -> Leases:
        """Return how long a worker may be silent."""
        return Leases.lasting(int(self.settings.lease))

    def transports(self) -> list[Transport]:
        """Return the ways mail goes, in order of preference; opens no connection.

        Raises ConfigError where two of them have one name.
        """
        settings = self.settings
        around = Surroundings(
            self.ehlo_name, settings.starttls, settings.data_path, self.leases.patience
        )
        opened = [open_route(route, around) for route in settings.mail_routes]
        # What is known of a way is kept under its name: its throttles, its health, its attempts.
        numbers: dict[str, int] = {}
        for number, transport in enumerate(opened, start=1):
            first = numbers.setdefault(transport.name, number)
            if first != number:
                hint = f"routes {first} and {number} are both {transport.name}: leave one out"
                raise ConfigError("DIGEST_MAIL", hint)
        return opened

    def sources(self, wait: Callable[[float], object] = time.sleep) -> list[Source]:
        """Return the services that papers come from; asks none of them yet.

        `wait` sleeps for so many seconds, or less. Raises ConfigError for one that cannot be.
        """
        settings = self.settings
        contact = settings.contact or settings.mail_from
        client = Client(
            agent=f"Digest/{__version__} (+{settings.public_url}; mailto:{contact})",
            turns=HostTurns(self.database),
            mirrors=settings.mirror_by_host,
            private_hosts=tuple(settings.private_hosts.split()),
            wait=wait,
        )
        return open_sources(settings.source_words, client, settings.keys_of_services)

    def sender(self, transports: Sequence[Transport] = ()) -> Sender:
        """Return what sends mail, over the transports of the settings unless others are given."""
        settings = self.settings
        return Sender(
            database=self.database,
            transports=transports or self.transports(),
            renderer=self.renderer,
            links=self.links,
            site_name=settings.site_name,
            mail_from=settings.mail_from,
            authority=settings.authority,
            owner=self.owner,
            clock=self.clock,
            signers=self.signers,
            returns=self.returns,
            rates=settings.rate_by_group,
            connections=int(settings.connections),
            resends=settings.uncertain == "resend",
            leases=self.leases,
            spill=settings.spill_path,
            lately=self.lately,
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
        signers=_signers(settings),
        returns=Returns(settings.return_to, tokens) if settings.return_to else None,
    )


def _signers(settings: Settings) -> list[Signer]:
    domain = settings.mail_from.rpartition("@")[2]
    signers = []
    for selector, path in settings.dkim_keys:
        try:
            pem = path.read_bytes()
        except OSError as error:
            hint = f"{path} cannot be read: {error.strerror}"
            raise ConfigError("DIGEST_DKIM", hint) from error
        signers.append(Signer(domain, selector, pem, f"DIGEST_DKIM ({path})"))
    return signers
