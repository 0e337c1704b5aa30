"""Armed at the last moment: only what may still go, by whom it still belongs to."""

from collections.abc import Callable

import pytest

from digest.model.deliveries import Arming, Delivery, DeliveryState, MailKind, PauseScope, Refusal
from digest.store import arming, pauses, subscribers, suppressions
from tests.store.ledger import HASH, LEASE, MARGIN, Ledger, accepted

Spoil = Callable[[Ledger, Delivery], None]


def why(ledger: Ledger, mail: Delivery) -> Refusal | None:
    wanted = [Arming(mail, HASH, "relay")]
    with ledger.database.writing() as connection:
        assert arming.arm_deliveries(connection, "me", wanted, MARGIN) == set()
        return arming.why_refused(connection, "me", wanted, MARGIN).get(mail.id)


def test_an_armed_mail_knows_its_bytes_and_its_transport(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())

    assert ledger.arm(ledger.take(), transport="relay") == {number}
    mail = ledger.mail(number)
    assert (mail.state, mail.message_hash, mail.transport) == (
        DeliveryState.INFLIGHT,
        HASH,
        "relay",
    )


def test_arming_again_after_a_lost_answer_says_the_same(ledger: Ledger) -> None:
    for name in ("ada", "bob"):
        ledger.plan(ledger.add_reader(name))
    ledger.hold_lease()
    one, two = ledger.claim()

    assert ledger.arm(one) == {one.id}
    assert ledger.arm(one, two) == {one.id, two.id}


def test_nothing_is_armed_of_nothing(ledger: Ledger) -> None:
    assert ledger.arm() == set()


def leave(ledger: Ledger, mail: Delivery) -> None:
    with ledger.database.writing() as connection:
        subscribers.unsubscribe(connection, mail.subscriber_id)


def suppress(ledger: Ledger, _mail: Delivery) -> None:
    with ledger.database.writing() as connection:
        suppressions.suppress(connection, "ada@example.org", "x", "", "", ledger.clock())


def unconfirm(ledger: Ledger, mail: Delivery) -> None:
    with ledger.database.writing() as connection:
        subscribers.await_confirmation(connection, mail.subscriber_id)


def pause(scope: PauseScope, name: str) -> Spoil:
    def spoil(ledger: Ledger, _mail: Delivery) -> None:
        with ledger.database.writing() as connection:
            pauses.pause(connection, scope, name, "because", ledger.clock())

    return spoil


def run_short(ledger: Ledger, _mail: Delivery) -> None:
    ledger.hold_lease(seconds=MARGIN - 1)


def lose(ledger: Ledger, _mail: Delivery) -> None:
    ledger.lapse()
    ledger.recover()
    ledger.hold_lease()


def lose_to_another(ledger: Ledger, _mail: Delivery) -> None:
    ledger.lapse()
    ledger.recover()
    ledger.take("other")
    ledger.hold_lease()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(leave, Refusal.LEFT, id="the reader left"),
        pytest.param(suppress, Refusal.LEFT, id="the address is suppressed"),
        pytest.param(unconfirm, Refusal.LEFT, id="the reader has yet to confirm"),
        pytest.param(pause(PauseScope.SITE, ""), Refusal.PAUSED, id="all is paused"),
        pytest.param(pause(PauseScope.DOMAIN, "example.org"), Refusal.PAUSED, id="the group is"),
        pytest.param(pause(PauseScope.TRANSPORT, "relay"), Refusal.PAUSED, id="the transport is"),
        pytest.param(run_short, Refusal.LOST, id="the lease is nearly over"),
        pytest.param(lose, Refusal.LOST, id="it was taken back"),
        pytest.param(lose_to_another, Refusal.LOST, id="another worker has it"),
    ],
)
def test_a_mail_that_must_not_go_out_is_not_armed(
    ledger: Ledger, spoil: Spoil, reason: Refusal
) -> None:
    ledger.plan(ledger.add_reader())
    mail = ledger.take()
    spoil(ledger, mail)

    assert why(ledger, mail) is reason
    assert DeliveryState.INFLIGHT not in ledger.states()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(pause(PauseScope.DOMAIN, "gmail"), id="another group is paused"),
        pytest.param(pause(PauseScope.TRANSPORT, "example.org"), id="another transport is"),
    ],
)
def test_a_pause_is_about_what_it_names(ledger: Ledger, spoil: Spoil) -> None:
    ledger.plan(ledger.add_reader())
    mail = ledger.take()
    spoil(ledger, mail)

    assert ledger.arm(mail) == {mail.id}


def test_a_mail_is_not_armed_by_whom_it_does_not_belong_to(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader())
    mail = ledger.take()
    ledger.hold_lease("other")

    assert ledger.arm(mail, owner="other") == set()


def test_a_worker_without_a_lease_arms_nothing(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader())
    [mail] = ledger.claim()

    assert ledger.arm(mail) == set()


def test_a_confirmation_goes_to_a_reader_who_is_not_active_yet(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader(), kind=MailKind.CONFIRM)
    mail = ledger.take()
    unconfirm(ledger, mail)

    assert ledger.arm(mail) == {mail.id}


def come_back(ledger: Ledger, mail: Delivery) -> None:
    leave(ledger, mail)
    unconfirm(ledger, mail)


@pytest.mark.parametrize(
    ("kind", "happens", "may_go"),
    [
        (MailKind.GOODBYE, leave, True),
        (MailKind.GOODBYE, come_back, False),
        (MailKind.GOODBYE, suppress, False),
        (MailKind.WELCOME, lambda _ledger, _mail: None, True),
        (MailKind.WELCOME, leave, False),
        (MailKind.WELCOME, come_back, False),
        (MailKind.WELCOME, suppress, False),
        (MailKind.ALREADY, leave, False),
        (MailKind.ALREADY, suppress, False),
        (MailKind.CONFIRM, leave, False),
        (MailKind.CONFIRM, suppress, False),
        (MailKind.DIGEST, come_back, False),
        (MailKind.SIGN_IN, lambda _ledger, _mail: None, True),
        (MailKind.SIGN_IN, leave, True),
        (MailKind.SIGN_IN, come_back, False),
        (MailKind.SIGN_IN, suppress, False),
        (MailKind.MOVE, lambda _ledger, _mail: None, True),
        (MailKind.MOVE, leave, False),
        (MailKind.MOVE, come_back, False),
        (MailKind.MOVED, leave, True),
    ],
)
def test_a_goodbye_goes_only_to_who_has_left_and_little_else_does(
    ledger: Ledger, kind: MailKind, happens: Callable[[Ledger, Delivery], None], *, may_go: bool
) -> None:
    ledger.plan(ledger.add_reader(), kind=kind)
    mail = ledger.take()
    happens(ledger, mail)

    assert ledger.arm(mail) == ({mail.id} if may_go else set())


@pytest.mark.parametrize("kind", [MailKind.MOVE, MailKind.MOVED])
@pytest.mark.parametrize(("key", "may_go"), [("ada@example.org", True), ("new@example.org", False)])
def test_a_mail_to_another_address_goes_by_that_one(
    ledger: Ledger, kind: MailKind, key: str, *, may_go: bool
) -> None:
    ledger.plan(ledger.add_reader(), kind=kind, address="New@Example.org")
    mail = ledger.take()
    with ledger.database.writing() as connection:
        suppressions.suppress(connection, key, "x", "", "", ledger.clock())

    assert ledger.arm(mail) == ({mail.id} if may_go else set())


def test_of_two_mails_to_other_addresses_each_goes_by_its_own(ledger: Ledger) -> None:
    for name in ("ada", "bob"):
        reader = ledger.add_reader(name)
        ledger.plan(reader, kind=MailKind.MOVE, address=f"{name}@example.net")
    ledger.hold_lease()
    one, two = ledger.claim()
    with ledger.database.writing() as connection:
        suppressions.suppress(connection, one.address, "x", "", "", ledger.clock())

    assert ledger.arm(one, two) == {two.id}


def test_of_a_set_those_are_armed_that_may_go(ledger: Ledger) -> None:
    for name in ("ada", "bob", "eve"):
        ledger.plan(ledger.add_reader(name))
    ledger.hold_lease()
    one, two, three = ledger.claim()
    leave(ledger, two)

    assert ledger.arm(three, two, one) == {one.id, three.id}


def test_the_clock_on_the_wall_is_no_lease(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader())
    mail = ledger.take()
    ledger.clock.advance(days=20_000)

    assert ledger.recover() == 0
    assert ledger.arm(mail) == {mail.id}
    ledger.clock.advance(days=-30_000)
    assert ledger.recover() == 0
    assert ledger.settle(accepted(mail)) == set()


def test_a_renewed_lease_lasts_from_now_on(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader())
    mail = ledger.take()
    run_short(ledger, mail)
    ledger.hold_lease(seconds=LEASE)

    assert ledger.arm(mail) == {mail.id}
