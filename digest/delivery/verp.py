"""Return addresses that say which mail came back, and which reader wants to leave.

Every mail has a return address of its own (VERP): `return+b-<delivery>-<mac>@domain`. Its MAC is
what tells a report about our mail from one that somebody made up; nothing else in a report does.
"""

import re
from dataclasses import dataclass

from digest.errors import ConfigError
from digest.tokens import MAC_LENGTH, Purpose, Tokens

SETTING = "DIGEST_RETURN_TO"
# RFC 5321 allows 64 characters before the @: ours, and the longest that is put behind it.
MAX_OWN_PART = 20
_NUMBER = r"([1-9][0-9]{0,14})"
_BOUNCE = re.compile(rf"b-{_NUMBER}-([0-9a-f]{{{MAC_LENGTH}}})", re.ASCII)
_LEAVE = re.compile(rf"u-{_NUMBER}-([1-9][0-9]{{0,3}})-([0-9a-f]{{{MAC_LENGTH}}})", re.ASCII)
_OWN = re.compile(r"[a-z0-9._+-]+@[a-z0-9.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class BounceFor:
    """The return address of one delivery."""

    delivery_id: int


@dataclass(frozen=True, slots=True)
class LeaveFor:
    """The address that unsubscribes one reader by mail."""

    subscriber_id: int
    token_version: int


class Returns:
    """Makes and reads the addresses under `return_to`, such as return@digest.example.org.

    The server that takes in mail for it has to hand over what stands behind a "+" as well (Postfix:
    recipient_delimiter = +). Raises ConfigError for an address that leaves no room for that.
    """

    def __init__(self, return_to: str, tokens: Tokens) -> None:
        address = return_to.strip().lower()
        own_part, _, domain = address.rpartition("@")
        if not _OWN.fullmatch(address):
            raise ConfigError(SETTING, "write a plain address, such as return@digest.example.org")
        if len(own_part) > MAX_OWN_PART:
            hint = f"at most {MAX_OWN_PART} characters before the @; a mail's number comes behind"
            raise ConfigError(SETTING, hint)
        self.return_to = address
        self.domain = domain
        self._before = f"{own_part}+"
        self._behind = f"@{domain}"
        self._tokens = tokens

    def bounce_address(self, delivery_id: int) -> str:
        """Return the envelope sender of a delivery: where reports about it come back to."""
        mac = self._tokens.mac(Purpose.BOUNCE, delivery_id)
        return f"{self._before}b-{delivery_id}-{mac}{self._behind}"

    def leave_address(self, subscriber_id: int, token_version: int) -> str:
        """Return the address that unsubscribes a reader by whatever mail comes there."""
        mac = self._tokens.mac(Purpose.LEAVE, subscriber_id, token_version)
        return f"{self._before}u-{subscriber_id}-{token_version}-{mac}{self._behind}"

    def read(self, address: str) -> BounceFor | LeaveFor | None:
        """Return what an address was made for, None if it was not made here."""
        written = address.strip().lower()
        if not (written.startswith(self._before) and written.endswith(self._behind)):
            return None
        detail = written[len(self._before) : -len(self._behind)]
        if found := _BOUNCE.fullmatch(detail):
            delivery_id, mac = int(found[1]), found[2]
            is_ours = self._tokens.is_mac(Purpose.BOUNCE, mac, delivery_id)
            return BounceFor(delivery_id) if is_ours else None
        if found := _LEAVE.fullmatch(detail):
            subject, mac = (int(found[1]), int(found[2])), found[3]
            is_ours = self._tokens.is_mac(Purpose.LEAVE, mac, *subject)
            return LeaveFor(*subject) if is_ours else None
        return None

    def is_ours(self, address: str) -> bool:
        """Tell whether mail to an address is for us: it verifies, or is the bare `return_to`.

        The bare one has to be open for complaints, which providers send to an address they were
        told once.
        """
        return address.strip().lower() == self.return_to or self.read(address) is not None
