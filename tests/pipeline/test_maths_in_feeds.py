"""Mathematics on its way from a saved page to a feed reader: readable, and nothing of it lost."""

from pathlib import Path

import pytest

from digest.model.feeds import FeedFormat
from digest.pipeline.ingest import ingest
from digest.pipeline.publish import publish
from digest.rendering.links import Links
from digest.sources.dumps.text import read_dump
from digest.store import feeds
from digest.store.engine import Database
from digest.tokens import Tokens
from tests.conftest import HandClock
from tests.rendering.feed_lint import problems
from tests.rendering.feed_reading import read
from tests.sources.pages import TODAY, layout_a, saved

HOME = "https://digest.example.org"
# As it was written, and as it is read.
TITLES = {
    r"Learning $\alpha$-Fair Allocations in $O(n^2)$ Time for Small Fleets": (
        "Learning \u03b1-Fair Allocations in O(n\u00b2) Time for Small Fleets"
    ),
    r"$\ell_1$ Norms and the $\beta$-VAE: How Far Do They Go at Sea": (
        "\u2113\u2081 Norms and the \u03b2-VAE: How Far Do They Go at Sea"
    ),
    r"Counting with $\undefinedmacro{x}$ and $x<y$ in Crowded Harbours": (
        r"Counting with \undefinedmacro{x} and x<y in Crowded Harbours"
    ),
    r"Ships & Lanterns <Revisited>: ``Soft'' Rules for the R&D of Fog": (
        "Ships & Lanterns <Revisited>: \u201cSoft\u201d Rules for the R&D of Fog"
    ),
}
ABSTRACTS = (
    "Sorting lanterns by their colour is a long studied problem. We count the shadows behind each.",
    "Norms are what crews live by, and ours is shorter than any. It needs neither moon nor map.",
    "Whoever counts boats counts twice. Our census of three harbours is the first that ends in time.",
    "Rules bend in fog. This survey collects those that did not break, and tells who kept them dry.",
)
MATHS = (
    r" We prove that $\mathbb{R}^d \to \mathbb{R}$ costs $\leq 3.4\%$ and $\nosuch{\gamma}$ more."
)
READ = "We prove that \u211d\u1d48 \u2192 \u211d costs \u2264 3.4%"


@pytest.fixture
def stored(sqlite_database: Database, clock: HandClock, tmp_path: Path) -> dict[FeedFormat, bytes]:
    """The trending feed in every format, of a page with mathematics in it."""
    pairs = [(title, ABSTRACTS[n] + MATHS) for n, title in enumerate(TITLES)]
    page = read_dump(saved(tmp_path, layout_a(pairs)), today=TODAY)
    ingest(sqlite_database, page, clock, anyway=True)
    links = Links(HOME, Tokens(["a secret that is long enough for a test"]))
    publish(sqlite_database, links, "Digest", "digest.example.org", clock)
    with sqlite_database.reading() as connection:
        found = {each: feeds.read_snapshot(connection, "trending", each) for each in FeedFormat}
    return {each: snapshot.body for each, snapshot in found.items() if snapshot}


@pytest.mark.parametrize("format_", list(FeedFormat))
def test_mathematics_is_read_as_unicode_in_every_format(
    stored: dict[FeedFormat, bytes], format_: FeedFormat
) -> None:
    body = stored[format_]
    assert problems(body, format_, f"{HOME}/feeds/trending.{format_}") == []
    items = read(body, format_)
    assert [each.title for each in items] == list(TITLES.values())
    for each in items:
        assert READ in each.html
        assert "\\nosuch{" in each.html  # what cannot be turned stays


def test_an_rss_title_is_escaped_in_hex_references(stored: dict[FeedFormat, bytes]) -> None:
    body = stored[FeedFormat.RSS].decode()
    assert "<title>Ships &#x26; Lanterns &#x3C;Revisited&gt;: \u201cSoft\u201d" in body
    assert "and x&#x3C;y in Crowded Harbours</title>" in body
