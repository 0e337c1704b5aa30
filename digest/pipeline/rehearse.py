"""A delivery that changes nothing: every mail is built, into a folder, and stays due."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from digest.delivery.transports import BlockingTransport
from digest.model.deliveries import Outcome
from digest.pipeline.outgoing import Job, Sender, build, load
from digest.store import outlook

logger = logging.getLogger(__name__)

_CHUNK = 500


@dataclass(slots=True)
class Rehearsal:
    """How many mails were written, how many could not be built, and why it ended early, if it did."""

    written: int = 0
    broken: int = 0
    problem: str = ""


def rehearse(
    sender: Sender,
    folder: BlockingTransport,
    subscriber_id: int | None = None,
    advance: Callable[[int], None] = lambda _count: None,
) -> Rehearsal:
    """Build every mail that is due, or waits for its release, into a folder; the ledger is untouched.

    A mail is written under a name of its own, made of its key and its bytes: a rehearsal into the
    folder that mail is delivered to keeps no mail from being delivered there, and one after a
    change of the templates shows the change.
    """
    result = Rehearsal()
    after = 0
    while True:
        with sender.database.reading() as connection:
            found = outlook.unsent_mails(
                connection, sender.clock(), subscriber_id, limit=_CHUNK, after_id=after
            )
        if not found:
            return result
        after = found[-1].id
        batch = load(sender.database, found)
        for delivery in found:
            if not _rehearse_one(sender, folder, Job(delivery, batch), result):
                return result
            advance(1)


def _rehearse_one(sender: Sender, folder: BlockingTransport, job: Job, result: Rehearsal) -> bool:
    """Write one mail; return False if the folder takes no more."""
    try:
        mail = build(sender, job)
    except Exception:  # as with a worker: one mail that cannot be rendered stops no other
        logger.exception("delivery %d cannot be rendered", job.delivery.id)
        result.broken += 1
        return True
    verdict = folder.deliver(replace(mail, key=f"{mail.key}.{job.message_hash[:12]}"))
    if verdict.outcome is not Outcome.ACCEPTED:
        result.problem = verdict.text
        return False
    result.written += 1
    return True
