"""How often what may be asked for: by network, by address, by the whole site."""

from dataclasses import dataclass, replace
from datetime import timedelta

from digest.clock import Clock
from digest.delivery.address import address_key
from digest.store.engine import Database
from digest.store.rate_buckets import take_token
from digest.tokens import Purpose, Tokens

# Where dots before the @ mean nothing; the second is another name of the first.
_GMAIL = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` at once, and as many again in `span` (a token bucket); `name` is part of its key."""

    name: str
    most: float
    span: timedelta


_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
# Forms that have a mail sent: signing up, signing in and changing an address together.
MAILS_OF_NETWORK = Limit("mails asked for by a network", 20, _HOUR)
# Who has an IPv6 /48, as anybody can, has 65,536 networks and must not use up what the site has.
MAILS_OF_WIDE_NETWORK = Limit("mails asked for by a wide network", 200, _HOUR)
MAILS_OF_SITE = Limit("mails asked for", 1000, timedelta(minutes=5))
# What strangers can have sent to an address. The ledger has three confirmations a day besides
# (account_mails.py): it counts the mails themselves, whoever asked and by which door.
MAILS_TO_ADDRESS = (
    Limit("mails to an address in 6 hours", 3, timedelta(hours=6)),
    Limit("mails to an address in a day", 10, _DAY),
)
# As often as the ledger plans a confirmation: who presses twice has not used up two.
CONFIRMATION = Limit("confirmations of an address", 1, timedelta(minutes=15))
CHANGES_OF_READER = Limit("address changes of a reader", 5, _DAY)
OPERATOR_OF_NETWORK = Limit("operator sign-ins of a network", 10, timedelta(minutes=15))
# Where no network is known. Elsewhere nothing is counted by name: a stranger could shut one out.
OPERATOR_BY_NAME = Limit("operator sign-ins by name", 10, timedelta(minutes=15))
# Counted once the password fits, of which strangers do not get to hear: who has it is to guess
# no code. Twenty of a million, three of which are good, are one chance in 16,000 a day.
CODES_OF_OPERATOR = Limit("codes of an operator", 20, _DAY)
# While more sign up than ever confirm (bots.py).
_STRICT = 0.25


@dataclass(frozen=True, slots=True)
class Asked:
    """One use of a limit by somebody or something, such as a network."""

    limit: Limit
    subject: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which limit is used up, and how long until it is good for one more."""

    limit: Limit
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """Counts what is asked for in the database, for all processes; what is kept names nobody."""

    database: Database
    tokens: Tokens
    clock: Clock

    def take(self, *asked: Asked) -> Refusal | None:
        """Use limits, in this order, up to the first that is used up; return that, if any is.

        Everybody names kinds of limits in the same order, or two could wait for each other.
        """
        now = self.clock()
        with self.database.writing() as connection:
            for each in asked:
                key = self.tokens.mark(Purpose.LIMIT, f"{each.limit.name}\n{each.subject}")
                wait = take_token(connection, key, each.limit.most, each.limit.span, now)
                if wait:
                    return Refusal(each.limit, wait)
        return None


def stricter(limit: Limit) -> Limit:
    """Return a limit as it is while the site is under attack."""
    return replace(limit, most=max(1.0, limit.most * _STRICT))


def mailbox_of(address: str) -> str:
    """Return what spellings that end in one mailbox have in common: to be counted, not mailed.

    Lower case, no tag after a plus, and on Gmail no dots.
    """
    local, _, domain = address_key(address).rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _GMAIL:
        local, domain = local.replace(".", "") or local, _GMAIL[domain]
    return f"{local}@{domain}"
