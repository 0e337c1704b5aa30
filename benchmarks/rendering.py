"""What it costs to turn a digest into the bytes of a mail: ./run.sh bench rendering.

All in one run, a round of each after a round of the other. The naive way renders the template for
each mail, runs premailer over it and has `EmailMessage` write quoted-printable; the same with
css-inline, written in Rust, in premailer's place. All parse to the same mail but css-inline's, which
writes some of the HTML anew (tests/rendering/test_proof.py).
"""

import statistics
import sys
from functools import partial

import css_inline

from benchmarks.rendering_load import (
    LINKS,
    PAPERS,
    POSTAL,
    REASONS,
    SHOWN,
    SITE,
    envelope,
    made_editions,
    made_renderer,
    ours,
    spent,
)
from digest.model.digests import DigestEdition
from digest.rendering.cards import Cards
from digest.rendering.email import MailRenderer
from digest.rendering.environment import wrap
from tests.rendering.naive import Naive

ROUNDS = 9
MAILS = 200
NAIVE_MAILS = 5
NAIVE = "naive: jinja2, premailer, EmailMessage"


def main(rounds: int = ROUNDS) -> None:
    """Print mails a second and core, and how many times those of the naive way they are."""
    editions = list(made_editions(rounds * MAILS))
    inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
    naive = Naive(LINKS, SITE, POSTAL)
    rust = Naive(LINKS, SITE, POSTAL, inliner.inline)
    warm, forgetful = made_renderer(), made_renderer()
    mails = [ours(warm, edition) for edition in editions]
    for each in (naive, rust):
        _message(each, editions[0])  # templates are compiled
    size = statistics.mean(map(len, mails)) / 1000
    print(f"{SHOWN} of {PAPERS} papers, one of {REASONS} reasons each, {size:.1f} kB a mail")
    print(f"medians of {rounds} rounds, processor time of one core\n")

    several: dict[str, list[float]] = {}
    for number in range(rounds):
        some = editions[number * MAILS :][:MAILS]
        few = some[:NAIVE_MAILS]
        for name, value in (
            (NAIVE, spent(lambda each: _message(naive, each), few)),
            ("jinja2, css-inline, EmailMessage", spent(lambda each: _message(rust, each), few)),
            ("ours, no card was in another mail", spent(lambda each: _cold(forgetful, each), few)),
            (f"ours, the first {MAILS} mails", spent(partial(ours, made_renderer()), some)),
            ("ours, all cards were in other mails", spent(lambda each: ours(warm, each), some)),
        ):
            several.setdefault(name, []).append(value)

    baseline = statistics.median(several[NAIVE])
    for name, values in several.items():
        median = statistics.median(values)
        print(f"  {name:40} {median:8.0f} us {1e6 / median:8.0f}/s {baseline / median:6.1f} x")


def _message(by: Naive, edition: DigestEdition) -> bytes:
    return by.message(edition, envelope(edition), "quoted-printable")


def _cold(renderer: MailRenderer, edition: DigestEdition) -> bytes:
    """Return a mail of which everything but the templates is made for it."""
    renderer._cards = Cards(LINKS)  # noqa: SLF001  what is remembered
    wrap.cache_clear()
    return ours(renderer, edition)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
