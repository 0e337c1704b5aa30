"""What a digest mail costs before it is handed over: ./run.sh bench mail.

The baseline is the textbook path in the same run: the mail rendered whole, through premailer every
time, `EmailMessage` for the bytes and dkimpy for the signature. What rendering costs by itself, and
with nothing remembered, is measured by benchmarks/rendering.py.
"""

import statistics
from dataclasses import dataclass

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from benchmarks.rendering_load import (
    LINKS,
    PAPERS,
    POSTAL,
    READERS,
    SHOWN,
    SITE,
    envelope,
    made_editions,
    made_renderer,
    ours,
    spent,
)
from digest.delivery.dkim import Signer, sign
from tests.rendering import samples
from tests.rendering.naive import Naive

ROUNDS = 9
AT = samples.MORNING


@dataclass(frozen=True)
class Keys:
    """Keys to sign with, and one of them as dkimpy wants it."""

    rsa: Signer
    ed25519: Signer
    pem: bytes


def main() -> None:
    """Print microseconds of processor time a mail, and ratios to the baseline."""
    keys = made_keys()
    editions = list(made_editions())
    renderer, naive = made_renderer(), Naive(LINKS, SITE, POSTAL)
    mails = [ours(renderer, edition) for edition in editions]
    size = statistics.mean(map(len, mails))
    print(f"{SHOWN} of {PAPERS} papers, {READERS} readers, {size / 1000:.1f} kB a mail on average")
    print(f"medians of {ROUNDS} rounds\n")

    several: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        some = editions[number * 200 :][:200]
        signed = mails[number * 200 :][:200]
        few = some[:5]
        for name, value in (
            (
                "textbook: render, premailer, EmailMessage",
                spent(lambda each: naive.message(each, envelope(each), "quoted-printable"), few),
            ),
            ("ours", spent(lambda each: ours(renderer, each), some)),
            ("textbook: dkimpy, RSA-2048", spent(lambda each: theirs(each, keys), signed[:5])),
            ("ours, RSA-2048", spent(lambda each: sign(each, AT, [keys.rsa]), signed)),
            ("ours, Ed25519", spent(lambda each: sign(each, AT, [keys.ed25519]), signed)),
            ("ours, both", spent(lambda each: sign(each, AT, [keys.rsa, keys.ed25519]), signed)),
        ):
            several.setdefault(name, []).append(value)
    baseline = 0.0
    for name, values in several.items():
        median = statistics.median(values)
        baseline = median if name.startswith("textbook") else baseline
        print(f"  {name:44} {median:8.0f} us   {baseline / median:6.1f} x")


def theirs(message: bytes, keys: Keys) -> None:
    """Sign a mail with dkimpy."""
    dkim.sign(message, b"march", b"example.org", keys.pem, canonicalize=(b"relaxed", b"simple"))


def made_keys() -> Keys:
    """Return new keys."""
    private = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    second = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Keys(
        Signer("example.org", "march", private, "the benchmark"),
        Signer("example.org", "march-ed", second, "the benchmark"),
        private,
    )


if __name__ == "__main__":
    main()
