"""Readers and their digests for benchmarks/rendering.py and benchmarks/mail.py.

Readers with interests and links of their own get twelve of a day's hundred papers each, for one of
six reasons a paper; nearly every mail has cards that were in none before.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from digest.delivery.message import Envelope, build_message
from digest.model.digests import DigestEdition
from digest.model.subscribers import Interest
from digest.rendering.email import MailRenderer
from tests.rendering import samples

READERS = 2000
PAPERS = 100
SHOWN = 12
REASONS = 6
LINKS = samples.links()
SITE = "Digest"
POSTAL = "Example Lane 1"
Each = TypeVar("Each")


def made_renderer() -> MailRenderer:
    """Return a renderer with compiled templates that has rendered nothing."""
    renderer = MailRenderer(LINKS, SITE, postal=POSTAL)
    renderer.compile_all()
    return renderer


def ours(renderer: MailRenderer, edition: DigestEdition) -> bytes:
    """Return a mail as it is sent."""
    mail = renderer.digest(edition)
    return build_message(envelope(edition), mail.subject, mail.html_body, mail.text_body)


def made_editions(readers: int = READERS) -> Iterator[DigestEdition]:
    """Yield one digest a reader."""
    dice = random.Random(4)  # noqa: S311  not a secret
    papers = [samples.paper(number) for number in range(1, PAPERS + 1)]
    for number in range(1, readers + 1):
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
    subscriber = edition.subscriber
    return Envelope(
        sender="digest@example.org",
        sender_name=SITE,
        recipient=subscriber.address,
        site_name=SITE,
        key=f"0123456789abcdef{edition.digest.id}",
        planned_at=edition.digest.composed_at,
        list_id="digest.example.org",
        unsubscribe_url=LINKS.unsubscribe(subscriber),
        one_click_url=LINKS.one_click(subscriber),
        unsubscribe_mailto="mailto:unsubscribe@example.org?subject=token",
        help_url=LINKS.preferences(subscriber),
    )


def spent(work: Callable[[Each], object], each_of: Sequence[Each]) -> float:
    """Return the microseconds of processor time of one call."""
    before = time.process_time()
    for each in each_of:
        work(each)
    return (time.process_time() - before) / len(each_of) * 1e6
