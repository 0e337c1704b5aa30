"""What a digest mail costs before it is handed over: ./run.sh bench mail.

Readers with interests and links of their own get twelve of a day's hundred papers each, for one of
six reasons a paper; nearly every mail has cards that were in none before. The baseline is the
textbook path in the same run: the mail rendered whole, through premailer every time, `EmailMessage`
for the bytes and dkimpy for the signature.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import SMTP
from typing import TypeVar

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from digest.delivery.dkim import Signer, sign
from digest.delivery.message import Envelope, build_message
from digest.model.digests import DigestEdition
from digest.model.subscribers import Interest
from digest.rendering.email import MailRenderer
from digest.rendering.inline import premail
from tests.rendering import samples

ROUNDS = 9
READERS = 2000
PAPERS = 100
SHOWN = 12
REASONS = 6
AT = samples.MORNING
LINKS = samples.links()
Each = TypeVar("Each")


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
    renderer = MailRenderer(LINKS, "Digest", postal="Example Lane 1")
    renderer.compile_all()
    mails = [ours(renderer, edition) for edition in editions]
    size = statistics.mean(map(len, mails))
    print(f"{SHOWN} of {PAPERS} papers, {READERS} readers, {size / 1000:.1f} kB a mail on average")
    print(f"medians of {ROUNDS} rounds; the first time through everything is rendered\n")

    cold = MailRenderer(LINKS, "Digest")
    cold.compile_all()
    first = spent(lambda edition: ours(cold, edition), editions)
    several: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        some = editions[number * 200 :][:200]
        signed = mails[number * 200 :][:200]
        few = some[:5]
        for name, value in (
            ("textbook: render, premailer, EmailMessage", spent(textbook, few)),
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
    print(f"\n  {'ours, nothing remembered, mean of all readers':44} {first:8.0f} us")


def ours(renderer: MailRenderer, edition: DigestEdition) -> bytes:
    """Return a mail as it is sent."""
    mail = renderer.digest(edition)
    return build_message(envelope(edition), mail.subject, mail.html_body, mail.text_body)


def textbook(edition: DigestEdition) -> None:
    """Make a mail as a tutorial would."""
    rendered = MailRenderer(LINKS, "Digest", postal="Example Lane 1")
    rendered._environment = samples.renderer()._environment  # noqa: SLF001  compiled once, also there
    mail = rendered.digest(edition)
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "digest@example.org", "ada@example.org"
    message["Subject"] = mail.subject
    message.set_content(mail.text)
    message.add_alternative(premail(mail.html), subtype="html")
    message.as_bytes()


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


def made_editions() -> Iterator[DigestEdition]:
    """Yield one digest a reader."""
    dice = random.Random(4)  # noqa: S311  not a secret
    papers = [samples.paper(number) for number in range(1, PAPERS + 1)]
    for number in range(1, READERS + 1):
        edition = samples.edition(dice.sample(papers, SHOWN))
        words = [f"interest {dice.randrange(REASONS)}" for _ in range(REASONS)]
        entries = tuple(
            replace(
                entry,
                reasons=tuple(
                    replace(reason, expression=dice.choice(words), share=dice.random())
                    for reason in entry.reasons
                ),
            )
            for entry in edition.digest.entries
        )
        yield replace(
            edition,
            digest=replace(edition.digest, id=number, entries=entries, matched=20 + number % 40),
            subscriber=samples.subscriber(
                id=number,
                address=f"reader{number}@example.org",
                interests=tuple(Interest(f"{word} of {number}") for word in words),
            ),
        )


def envelope(edition: DigestEdition) -> Envelope:
    """Return where a mail goes."""
    links, subscriber = LINKS, edition.subscriber
    return Envelope(
        sender="digest@example.org",
        sender_name="Digest",
        recipient=subscriber.address,
        site_name="Digest",
        key=f"0123456789abcdef{edition.digest.id}",
        planned_at=edition.digest.composed_at,
        list_id="digest.example.org",
        unsubscribe_url=links.unsubscribe(subscriber),
        one_click_url=links.one_click(subscriber),
        unsubscribe_mailto="mailto:unsubscribe@example.org?subject=token",
        help_url=links.preferences(subscriber),
    )


def spent(work: Callable[[Each], object], each_of: Sequence[Each]) -> float:
    """Return the microseconds of processor time of one call."""
    before = time.process_time()
    for each in each_of:
        work(each)
    return (time.process_time() - before) / len(each_of) * 1e6


if __name__ == "__main__":
    main()
