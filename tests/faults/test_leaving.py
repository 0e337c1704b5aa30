"""Readers who leave while their mail is on its way."""

from collections.abc import Callable

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.model.deliveries import DeliveryState
from digest.pipeline.subscribe import unsubscribe
from digest.store import suppressions
from tests.factories import numbered
from tests.faults.invariants import check
from tests.faults.site import Site, smtp


def leave(site: Site) -> None:
    unsubscribe(site.registry, site.reader("reader1"))


def complain(site: Site) -> None:
    with site.database.writing() as connection:
        suppressions.suppress(
            connection, "reader1@example.org", "complaint", "test", "", site.clock()
        )


LEAVING = pytest.mark.parametrize("go", [leave, complain], ids=["U1 unsubscribed", "U1 complained"])


@LEAVING
@pytest.mark.parametrize("step", [None, Step.MAIL, Step.DATA])
def test_who_leaves_before_the_mail_goes_out_gets_none(
    site: Site, sink: Sink, step: Step | None, go: Callable[[Site], None]
) -> None:
    site.make_due(3)
    if step is None:
        go(site)
    else:
        sink.play(Rule(step, times=1, hook=lambda: go(site)))
    site.deliver(smtp(sink), connections=1)

    digest, *goodbye = [each for each in site.mails() if "reader1" in each.address]
    assert digest.state is DeliveryState.SUPPRESSED
    assert [each.state for each in goodbye] == ([DeliveryState.ACCEPTED] if go is leave else [])
    assert site.states()[DeliveryState.ACCEPTED] == 2 + len(goodbye)
    check(site, sink.mails, left=["reader1@example.org"])


@LEAVING
def test_who_leaves_while_the_mail_is_taken_gets_that_one_and_no_other(
    site: Site, sink: Sink, go: Callable[[Site], None]
) -> None:
    site.make_due(3)
    sink.play(Rule(Step.END, recipient="reader1@", hook=lambda: go(site)))
    site.deliver(smtp(sink), connections=1)
    goodbyes = 1 if go is leave else 0
    assert site.states() == {DeliveryState.ACCEPTED: 3 + goodbyes}
    check(site, sink.mails)

    site.take_in(numbered(["Graph Neural Networks of another day"]))
    site.clock.advance(days=1)
    site.compose()
    site.deliver(smtp(sink))
    assert [mail.recipient for mail in sink.mails].count("reader1@example.org") == 1 + goodbyes
    assert len(sink.mails) == 5 + goodbyes
    check(site, sink.mails)


@LEAVING
def test_who_leaves_after_a_lost_reply_gets_no_second_copy(
    site: Site, sink: Sink, go: Callable[[Site], None]
) -> None:
    site.make_due(3)
    sink.play(Rule(Step.END, b"", "reader1@", drops=True, accepts=True))
    site.deliver(smtp(sink), connections=1)
    go(site)
    site.clock.advance(minutes=20)
    sink.play()
    site.deliver(smtp(sink))

    assert set(sink.copies().values()) == {1}
    check(site, sink.mails)
