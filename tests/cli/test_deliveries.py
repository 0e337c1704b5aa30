"""What an operator sees of the mails, and can do about them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from digest.delivery.sink import Rule, Step
from digest.model.deliveries import DeliveryState
from digest.pipeline.archive import Archives
from digest.pipeline.compose import Composer
from tests.cli.conftest import Operator, on_both

ADA, BOB, EVE = "ada@example.org", "bob@gmail.com", "eve@googlemail.com"


@pytest.fixture
def planned(operator: Operator) -> Operator:
    """Three digests that are due."""
    operator.has_readers(ADA, BOB, EVE)
    assert operator.says("compose").exit_code == 0
    return operator


@pytest.fixture
def refused(planned: Operator) -> Operator:
    """One digest was accepted, two were refused."""
    planned.sink.play(Rule(Step.RCPT, "550 5.7.1 Not <here>", recipient="@g"))
    assert planned.says("deliver").exit_code == 1
    return planned


def numbers(operator: Operator) -> dict[str, str]:
    return {mail.address: str(mail.id) for mail in operator.mails()}


@on_both
def test_counts_say_how_all_mails_stand(refused: Operator) -> None:
    shown = refused.says("deliveries", "--by-domain")
    counted = json.loads(refused.says("deliveries", "--by-domain", "--json").stdout)

    assert "gmail" in shown.stdout
    assert counted["states"] == {"accepted": 1, "failed": 2}
    assert counted["domains"] == {"example.org": {"accepted": 1}, "gmail": {"failed": 2}}
    assert counted["oldest_ready"] is None


def test_the_oldest_that_is_due_is_told(planned: Operator) -> None:
    assert "the oldest that is due waits since" in planned.says("deliveries").stdout
    assert "no mail yet" not in planned.says("deliveries").stdout


def test_an_empty_ledger_says_so(operator: Operator) -> None:
    assert operator.says("deliveries").stdout.strip() == "no mail yet"
    assert operator.says("deliveries", "--uncertain").stdout.strip() == "no such mail"


def test_mails_are_listed_by_condition(refused: Operator) -> None:
    conditions: dict[tuple[str, ...], list[str]] = {
        (): [ADA, BOB, EVE],
        ("--state", "failed"): [BOB, EVE],
        ("--state", "failed", "--state", "accepted"): [ADA, BOB, EVE],
        ("--domain", "Gmail.com"): [BOB, EVE],
        ("--domain", "gmail"): [BOB, EVE],
        ("--domain", "example.org"): [ADA],
        ("--reader", "EVE@"): [EVE],
        ("--limit", "2"): [ADA, BOB],
        ("--transport", "maildir"): [],
    }
    for words, found in conditions.items():
        listed = json.loads(refused.says("deliveries", "list", *words, "--json").stdout)
        assert [each["address"] for each in listed] == found, words


def test_the_list_shows_what_the_server_said_as_it_said_it(refused: Operator) -> None:
    shown = refused.says("deliveries", "list", "--limit", "2").stdout

    assert "Not <here>" in shown
    assert f"--after {numbers(refused)[BOB]}" in shown


def test_one_mail_is_shown_with_its_attempts(refused: Operator) -> None:
    number = numbers(refused)[BOB]
    shown = refused.says("deliveries", "show", number).stdout
    facts = json.loads(refused.says("deliveries", "show", number, "--json").stdout)

    assert shown.count("550") >= 2
    assert facts["state"] == "failed"
    assert [each["stage"] for each in facts["tries"]] == ["RCPT"]
    assert refused.says("deliveries", "show", "999").exit_code == 1


@on_both
def test_what_failed_is_sent_again_when_the_operator_says_so(refused: Operator) -> None:
    refused.sink.play()
    asked = refused.says("deliveries", "requeue", "--state", "failed", answer="y\n")
    assert "requeue 2 mails?" in asked.stderr
    assert "2 mails tried again" in asked.stdout
    assert refused.says("deliver").exit_code == 0

    assert refused.states() == {DeliveryState.ACCEPTED: 3}


def test_nothing_is_changed_unless_the_operator_agrees(refused: Operator) -> None:
    asked = refused.says("deliveries", "requeue", "--domain", "gmail", answer="n\n")

    assert asked.exit_code != 0
    assert refused.states()[DeliveryState.FAILED] == 2


def test_who_is_refused_is_told_with_the_reason(refused: Operator) -> None:
    sent = numbers(refused)[ADA]
    result = refused.says("deliveries", "requeue", sent, numbers(refused)[BOB], "999", "--yes")

    assert result.exit_code == 1
    assert "1 mail tried again" in result.stdout
    assert f"delivery {sent}: was accepted" in result.stderr
    assert "delivery 999: there is no such delivery" in result.stderr


@on_both
def test_papers_that_went_over_to_a_later_digest_are_not_sent_twice(refused: Operator) -> None:
    earlier = numbers(refused)[BOB]
    compose_again(refused, BOB)
    later = max(mail.id for mail in refused.mails() if mail.address == BOB)
    assert later != int(earlier)
    result = refused.says("deliveries", "requeue", earlier)

    assert result.exit_code == 1
    assert f"its papers went over to a later digest, delivery {later}" in result.stderr


def test_a_suppressed_address_gets_nothing_by_requeueing(refused: Operator) -> None:
    refused.says("suppressions", "add", BOB)
    assert "not written to" in refused.says("readers").stdout
    result = refused.says("deliveries", "requeue", numbers(refused)[BOB])

    assert "is suppressed" in result.stderr
    assert refused.states()[DeliveryState.FAILED] == 2


@on_both
def test_what_is_held_waits_for_its_release(planned: Operator) -> None:
    held = planned.says("deliveries", "hold", "--reader", ADA)
    assert "1 mail held" in held.stdout
    planned.says("deliver")
    assert planned.states() == {DeliveryState.ACCEPTED: 2, DeliveryState.HELD: 1}

    assert planned.says("deliveries", "release", numbers(planned)[ADA]).exit_code == 0
    again = planned.says("deliveries", "release", numbers(planned)[ADA])
    assert "is ready already" in again.stderr
    planned.says("deliver")
    assert planned.states() == {DeliveryState.ACCEPTED: 3}


@on_both
def test_digests_under_review_wait_for_their_release(operator: Operator) -> None:
    operator.has_readers(ADA, BOB)
    composed = operator.says("compose", DIGEST_REVIEW="on")
    assert "digest deliveries release" in composed.stdout
    assert operator.says("deliver").stdout.strip() == "nothing is due"
    assert operator.states() == {DeliveryState.PLANNED: 2}

    operator.says("deliveries", "release", "--state", "planned", "--yes")
    assert operator.says("deliver").exit_code == 0
    assert len(operator.sink.mails) == 2


def test_numbers_and_conditions_exclude_each_other(planned: Operator) -> None:
    for words in ((), ("1", "--state", "ready")):
        result = planned.says("deliveries", "hold", *words)
        assert result.exit_code == 2
        assert "say either numbers, or conditions" in result.stderr


def compose_again(operator: Operator, address: str) -> None:
    """Compose the digest of a reader's next day."""

    def tomorrow() -> datetime:
        return datetime.now(UTC) + timedelta(days=1, hours=1)

    before = {mail.id for mail in operator.mails()}
    Composer(
        operator.database, Archives(operator.database, tomorrow), "127.0.0.1", tomorrow
    ).compose_due()
    assert {mail.address for mail in operator.mails() if mail.id not in before} >= {address}
