"""One domain among many: what it takes, and how fast, is no other's business."""

from datetime import timedelta

from digest.delivery.sink import Rule, Sink, Step
from digest.model.deliveries import DeliveryState, MailKind, Throttle
from digest.store import deliveries, throttles
from digest.store.deliveries import PlannedDelivery
from tests.faults.invariants import check
from tests.faults.site import Site, smtp

FLOOD = 5_000


def flood(site: Site, group: str) -> None:
    """Put very many mails to one domain into the ledger, before all others."""
    reader = site.readers()[0]
    planned = [
        PlannedDelivery(
            subscriber_id=reader.id,
            kind=MailKind.DIGEST,
            period=f"flood {number}",
            digest_id=None,
            address=f"reader{number}@{group}",
            key=f"flood-{number}",
            planned_at=site.clock() - timedelta(hours=1),
            deadline_at=site.clock() + timedelta(hours=10),
            domain_group=group,
        )
        for number in range(FLOOD)
    ]
    with site.database.writing() as connection:
        site.planned += deliveries.plan_deliveries(connection, planned)


def test_the_mails_of_a_group_that_cools_down_are_in_nobodys_way(site: Site, sink: Sink) -> None:
    """L1: that the claim itself stays flat is told by `tests/store/test_claims.py`."""
    site.make_due(addresses=[f"reader{n}@d{n % 7}.example" for n in range(70)])
    flood(site, "flood.example")
    transport = smtp(sink)
    cooling = Throttle(cooldown_until=site.clock() + timedelta(minutes=5), strikes=3)
    with site.database.writing() as connection:
        throttles.save_throttles(
            connection, transport.name, {"flood.example": cooling}, site.clock()
        )
    site.deliver(transport)

    assert site.states() == {DeliveryState.ACCEPTED: 70, DeliveryState.READY: FLOOD}
    flooded = [mail for mail in site.mails() if mail.domain_group == "flood.example"]
    assert {mail.fence for mail in flooded} == {0}  # they were not even looked at
    check(site, sink.mails, ready=FLOOD)


def test_a_round_does_not_end_while_anybody_has_mail_that_is_due(site: Site, sink: Sink) -> None:
    """L1: of one group it is claimed a part at a time, faster than it is seen who has any."""
    crowd = [f"reader{n}@crowd.example" for n in range(260)]
    site.make_due(addresses=[*crowd, "bob@example.net"])
    site.deliver(smtp(sink))

    assert site.states() == {DeliveryState.ACCEPTED: 261}
    check(site, sink.mails)


def test_a_group_of_a_set_rate_gets_no_more_and_the_others_are_not_kept_waiting(
    site: Site, sink: Sink
) -> None:
    """L1."""
    slow = [f"reader{n}@slow.example" for n in range(30)]
    site.make_due(addresses=[*slow, *(f"reader{n}@d{n % 7}.example" for n in range(70))])
    rates = {"slow.example": 0.01}
    for _ in range(3):
        site.deliver(smtp(sink), rates=rates)

    assert site.states() == {DeliveryState.ACCEPTED: 71, DeliveryState.READY: 29}
    assert sum("@slow" in mail.recipient for mail in sink.mails) == 1
    check(site, sink.mails, ready=29)


def test_a_group_gets_as_many_mails_at_once_as_it_has_shown_to_take(site: Site, sink: Sink) -> None:
    """L1: two at first, one more for each twenty accepted, half after a complaint."""
    site.make_due(15)
    transport = smtp(sink)
    site.deliver(transport, connections=10)
    assert sink.connections <= 2

    site.enrol([f"more{n}@example.org" for n in range(100)])
    site.clock.advance(days=1)
    site.compose()
    site.deliver(transport, connections=10)
    assert site.throttle(transport).concurrency > 4
    before = site.throttle(transport).concurrency

    site.enrol(["last@example.org"])
    site.clock.advance(days=1)
    site.compose()
    sink.play(Rule(Step.RCPT, "421 4.3.2 enough", times=1, drops=True))
    site.deliver(transport)
    assert site.throttle(transport).concurrency == before // 2
    check(site, sink.mails, ready=1)


def test_a_fault_of_one_group_is_no_reason_to_leave_the_server(site: Site, sink: Sink) -> None:
    """L1: one relay for all, and it passes on what one domain says."""
    bad = [f"reader{n}@bad.example" for n in range(10)]
    site.make_due(addresses=[*bad, *(f"reader{n}@d{n % 7}.example" for n in range(70))])
    sink.play(
        Rule(Step.RCPT, "451 4.4.1 cannot reach bad.example", "@bad"),
    )
    transport = smtp(sink)
    report = site.deliver(transport)

    assert report.is_reachable
    assert site.health(transport).failures == 0
    assert site.states() == {DeliveryState.ACCEPTED: 70, DeliveryState.READY: 10}
    check(site, sink.mails, ready=10)
