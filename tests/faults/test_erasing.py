"""Readers who are erased while their mail is on its way: nobody trips over what is gone."""

import logging

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.model.deliveries import DeliveryState
from digest.pipeline.erase import erase
from digest.store import suppressions
from tests.faults.site import Site, smtp


def erase_reader1(site: Site) -> None:
    assert erase(site.database, site.reader("reader1").id)


@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA, Step.BODY, Step.END])
@pytest.mark.parametrize("reply", [None, "451 4.3.0 later", "550 5.1.1 nobody"])
def test_a_mail_in_flight_settles_without_its_row(
    site: Site,
    sink: Sink,
    step: Step,
    reply: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    site.make_due(3)
    sink.play(
        Rule(
            step,
            reply,
            recipient="" if step is Step.MAIL else "reader1@",
            times=1,
            hook=lambda: erase_reader1(site),
        )
    )
    with caplog.at_level(logging.WARNING):
        site.deliver(smtp(sink), connections=1)
        site.deliver_until_settled(smtp(sink), connections=1)

    assert site.states() == {DeliveryState.ACCEPTED: 2}
    assert {mail.address for mail in site.mails()} == {"reader0@example.org", "reader2@example.org"}
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]
    with site.database.reading() as connection:
        assert suppressions.score_of(connection, "reader1@example.org") == 0


def test_a_mail_that_is_lost_on_the_wire_is_settled_by_the_next_worker_all_the_same(
    site: Site, sink: Sink
) -> None:
    site.make_due(2)
    sink.play(Rule(Step.END, b"", recipient="reader1@", drops=True, times=1,
                   hook=lambda: erase_reader1(site)))  # fmt: skip
    site.deliver_until_settled(smtp(sink), connections=1)
    assert site.states() == {DeliveryState.ACCEPTED: 1}
