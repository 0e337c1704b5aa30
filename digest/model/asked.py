"""What somebody asks for on a page and does by a link that is mailed to them; each is good once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.model.subscribers import Address

SIGN_IN_WITHIN = timedelta(minutes=15)
MOVE_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A wish to sign in: `asked_at` is in the link too, since it goes out in a mail of that time."""

    id: int
    subscriber_id: int
    asked_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class AddressChange:
    """A wish to get one's digests at another address from now on."""

    id: int
    subscriber_id: int
    address: Address
    asked_at: datetime
    used_at: datetime | None
