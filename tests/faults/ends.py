"""How a test of many mails has ended: counted on both sides."""

from digest.delivery.sink import Sink
from digest.model.deliveries import DeliveryState
from tests.faults.invariants import check
from tests.faults.site import Site


def copies(sink: Sink) -> int:
    """Return how many mails were received beyond the first of each."""
    return len(sink.mails) - len(sink.copies())


def flagged(site: Site) -> int:
    """Return how many mails we say may have arrived twice."""
    return sum(mail.is_maybe_duplicate for mail in site.mails())


def all_is_well(site: Site, sink: Sink) -> None:
    """Assert that every mail was accepted, once, and that nothing else was ever thought."""
    assert site.states() == {DeliveryState.ACCEPTED: site.planned}
    assert copies(sink) == flagged(site) == 0
    check(site, sink.mails)
