"""A digest's own page: who may see it, and what there is to see."""

from dataclasses import dataclass

from digest.errors import TokenError
from digest.model.digests import DigestEdition
from digest.model.receipts import in_numbers
from digest.pipeline.receipt_choice import told_numbers
from digest.pipeline.subscribe import Registry
from digest.store import digests, dumps, papers, subscribers
from digest.tokens import Purpose


@dataclass(frozen=True, slots=True)
class Issue:
    """A digest as it is shown for ever: its papers, and what was said of it in numbers."""

    edition: DigestEdition
    numbers: tuple[str, ...]


def read_issue(registry: Registry, token: str) -> Issue:
    """Return the digest a token leads to.

    Raises TokenError if there is none, or if its reader's links have been replaced since.
    """
    number, version = registry.tokens.verify_two(Purpose.ISSUE, token)
    with registry.database.reading() as connection:
        digest = digests.digests_by_id(connection, [number]).get(number)
        if digest is None:
            raise TokenError(
                "There is no such digest any more. Digests are kept for a while, and go with their "
                "reader's data."
            )
        subscriber = subscribers.subscriber_by_id(connection, digest.subscriber_id)
        if subscriber is None or subscriber.token_version != version:
            raise TokenError(
                "This link was replaced. Whose digest it is finds it after signing in."
            )
        edition = DigestEdition(
            digest=digest,
            subscriber=subscriber,
            papers=papers.papers_by_id(connection, digest.paper_ids),
            read_since=dumps.first_read_after(connection, [digest.window.after]).get(
                digest.window.after
            ),
        )
    return Issue(edition, told_numbers(in_numbers(digest)))
