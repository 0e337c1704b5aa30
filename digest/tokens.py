"""Sign and verify what the links and the return addresses of mails carry.

A token is `<subject>.<MAC>`: nothing secret is stored, a leaked database gives no link away, and a
link shown twice is the same link. The purpose is part of the key, so a link that unsubscribes
cannot confirm. Several secrets may be given, oldest first: the newest signs, all of them verify.

Addresses get a bare MAC in hex, because servers on the way may write a local part in small letters.
"""

import hashlib
import hmac
from collections.abc import Sequence
from enum import StrEnum

from itsdangerous import BadSignature, Signer
from itsdangerous.encoding import want_bytes

from digest.errors import TokenError


class Purpose(StrEnum):
    """What a link may do, and nothing else."""

    CONFIRM = "confirm"
    PREFERENCES = "preferences"
    UNSUBSCRIBE = "unsubscribe"
    BOUNCE = "bounce"
    LEAVE = "leave"
    STEER = "steer"
    FEED = "feed"
    SIGN_IN = "sign-in"
    ADDRESS = "address"
    ISSUE = "issue"
    FORM = "form"
    LIMIT = "limit"


# 80 bits: guessing is a matter of sending a mail for each try.
MAC_LENGTH = 20
_BROKEN = "This link is not complete. Copy it whole from the mail, or ask for a new one."


class _Signer(Signer):
    """Derives the key of each secret once, not at every signature."""

    def __init__(self, secrets: Sequence[str], purpose: Purpose) -> None:
        self._derived: dict[bytes, bytes] = {}
        super().__init__(
            list(secrets),
            salt=f"digest.{purpose}",
            sep=".",
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        secret = want_bytes(secret_key or self.secret_keys[-1])
        if secret not in self._derived:
            self._derived[secret] = super().derive_key(secret)
        return self._derived[secret]


class Tokens:
    """Makes and reads tokens with a list of secrets."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._signers = {purpose: _Signer(secrets, purpose) for purpose in Purpose}
        self._keys = {
            purpose: [signer.derive_key(secret) for secret in signer.secret_keys]
            for purpose, signer in self._signers.items()
        }

    def sign(self, purpose: Purpose, *subject: int) -> str:
        """Return the token of `subject` (numbers: an id, a version, a time) for one purpose."""
        return self._signers[purpose].sign("-".join(map(str, subject))).decode()

    def verify(self, purpose: Purpose, token: str) -> tuple[int, ...]:
        """Return the subject a token was made of.

        Raises TokenError for anything that was not signed here for this purpose.
        """
        try:
            subject = self._signers[purpose].unsign(token).decode()
            return tuple(int(part) for part in subject.split("-"))
        except (BadSignature, ValueError) as error:
            raise TokenError(_BROKEN) from error

    def verify_two(self, purpose: Purpose, token: str) -> tuple[int, int]:
        """Return the two numbers a token was made of. Raises TokenError, for more or fewer as well."""
        match self.verify(purpose, token):
            case (first, second):
                return first, second
        raise TokenError(_BROKEN)

    def mac(self, purpose: Purpose, *subject: int) -> str:
        """Return 20 hex digits that stand for `subject` and one purpose, where no token fits."""
        return _mac(self._keys[purpose][-1], subject)

    def mark(self, purpose: Purpose, text: str) -> str:
        """Return 64 hex digits that stand for a text where the text itself is not to be kept."""
        return hmac.digest(self._keys[purpose][-1], text.encode(errors="replace"), "sha256").hex()

    def is_mac(self, purpose: Purpose, mac: str, *subject: int) -> bool:
        """Tell whether `mac` was made here of this subject, with any of the secrets."""
        given = mac.encode(errors="replace")
        return any(
            hmac.compare_digest(_mac(key, subject).encode(), given) for key in self._keys[purpose]
        )


def _mac(key: bytes, subject: tuple[int, ...]) -> str:
    value = "-".join(map(str, subject)).encode()
    return hmac.digest(key, value, "sha256").hex()[:MAC_LENGTH]
