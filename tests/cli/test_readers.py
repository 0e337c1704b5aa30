"""`digest readers receipt`: what an operator answers to "why did I not get my mail?"."""

from datetime import UTC, datetime, timedelta

from tests.cli.conftest import Operator, on_both

ADA = "ada@example.org"


@on_both
def test_a_reader_s_day_is_told_as_on_their_own_page(operator: Operator) -> None:
    operator.has_readers(ADA)
    assert operator.says("compose").exit_code == 0
    assert operator.says("deliver").exit_code == 0

    [mail] = operator.mails()  # before seven in the morning that of the day before is due
    told = operator.says("readers", "receipt", "Ada@Example.org", "--on", mail.period).stdout
    assert "2 papers, accepted by the mail server " in told
    assert "One list was read for you: “a.txt” of Tuesday 17 March 2026" in told
    assert "The digest has 2 papers." in told


def test_another_day_is_asked_for_by_its_date(operator: Operator) -> None:
    operator.has_readers(ADA)
    long_ago = (datetime.now(UTC) - timedelta(days=30)).date().isoformat()

    told = operator.says("readers", "receipt", ADA, "--on", long_ago).stdout
    assert "You had not subscribed yet." in told
    assert operator.says("readers", "receipt", ADA, "--on", "yesterday").exit_code == 2


def test_who_is_no_reader_is_said_to_be_none(operator: Operator) -> None:
    refused = operator.says("readers", "receipt", "eve@example.org")
    assert refused.exit_code == 1
    assert "eve@example.org is no reader: see `digest readers`" in refused.stderr
    assert operator.says("readers", "receipt", "no address").exit_code != 0


def test_the_list_of_readers_is_still_the_command_alone(operator: Operator) -> None:
    operator.has_readers(ADA)
    assert ADA in operator.says("readers").stdout
    assert ADA in operator.says("readers", "--json").stdout
