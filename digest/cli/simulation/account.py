"""What came of a simulation: our ledger held against the mail server's; pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from digest.delivery.sink_rules import Received
from digest.model.deliveries import Delivery, DeliveryState

_UNDER_WAY = frozenset(
    {
        DeliveryState.PLANNED,
        DeliveryState.READY,
        DeliveryState.LEASED,
        DeliveryState.INFLIGHT,
    }
)
_NOT_SENT = frozenset({DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.EXPIRED})


@dataclass(frozen=True, slots=True)
class Account:
    """How many mails were wanted, and what became of them; single ones are named by their address.

    `lost` are recorded as accepted and did not arrive, or did not arrive and are still on their
    way, or are not in the ledger at all ("?"). `denied` arrived, and are recorded as not sent and
    not as doubtful. `strangers` arrived and are none of ours. `copies` counts what arrived beyond
    the first of each, `flagged` those of them whose mail is marked as perhaps sent twice. `altered`
    arrived in other bytes than were armed.
    """

    wanted: int
    states: Mapping[DeliveryState, int]
    lost: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    copies: int = 0
    flagged: int = 0
    altered: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Tell whether nothing was lost, and nothing doubled but what no client could know."""
        in_doubt = self.lost or self.denied or self.strangers or self.altered
        return not in_doubt and self.copies == self.flagged

    @property
    def waiting(self) -> int:
        """Return how many mails have come to no end."""
        return sum(self.states.get(state, 0) for state in _UNDER_WAY)


def compare(wanted: int, mails: Sequence[Delivery], received: Iterable[Received]) -> Account:
    """Return the account of so many mails: what we have written down, and what has arrived."""
    arrived: dict[str, list[Received]] = defaultdict(list)
    for each in received:
        arrived[_key(each)].append(each)
    copies = {mail.key: len(arrived.get(mail.key, ())) - 1 for mail in mails}
    doubled = [mail for mail in mails if copies[mail.key] > 0]
    missing = [mail for mail in mails if mail.key not in arrived]
    ours = {mail.key for mail in mails}
    return Account(
        wanted=wanted,
        states=Counter(mail.state for mail in mails),
        lost=(
            *(mail.address for mail in missing if _is_lost(mail)),
            *["?"] * (wanted - len(mails)),
        ),
        denied=tuple(mail.address for mail in mails if mail.key in arrived and _is_denied(mail)),
        strangers=tuple(
            each.recipient for key, found in arrived.items() if key not in ours for each in found
        ),
        copies=sum(copies[mail.key] for mail in doubled),
        flagged=sum(copies[mail.key] for mail in doubled if mail.is_maybe_duplicate),
        altered=tuple(
            mail.address for mail in mails if _is_altered(mail, arrived.get(mail.key, ()))
        ),
    )


def _key(received: Received) -> str:
    """Return the key of a mail: its Message-ID is made of it."""
    return received.message_id.strip("<>").partition("@")[0]


def _is_lost(mail: Delivery) -> bool:
    return mail.state is DeliveryState.ACCEPTED or mail.state in _UNDER_WAY


def _is_denied(mail: Delivery) -> bool:
    return mail.state in _NOT_SENT and not mail.is_maybe_duplicate


def _is_altered(mail: Delivery, found: Iterable[Received]) -> bool:
    return any(each.sha256 != mail.message_hash or each.recipient != mail.address for each in found)
