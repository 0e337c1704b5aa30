"""What an operator sees of readers who wait: for more papers, or for the end of a pause."""

import json
from datetime import UTC, datetime, timedelta

from digest.model.subscribers import QuietDays
from digest.pipeline.pausing import pause
from digest.pipeline.subscribe import Registry
from digest.store.subscribers import all_subscribers, save_wishes
from digest.tokens import Tokens
from tests.cli.conftest import SECRET, Operator
from tests.factories import make_wishes

ADA, BOB = "ada@example.org", "bob@example.org"


def test_a_reader_is_subscribed_with_what_a_quiet_day_is_to_bring(operator: Operator) -> None:
    wanted = ("subscribe", ADA, "-k", "graphs", "--confirmed", "--no-welcome")
    operator.says(*wanted, "--quiet", "Rest")
    [reader] = json.loads(operator.says("readers", "--json").stdout)
    assert (reader["quiet"], reader["paused_until"]) == ("rest", None)
    refused = operator.says(*wanted, "--quiet", "loud")
    assert refused.exit_code != 0
    assert "choose skip, roll-over, rest" in str(refused.exception)


def test_who_waits_for_more_papers_is_counted(operator: Operator) -> None:
    [reader, _] = operator.has_readers(ADA, BOB)
    wishes = make_wishes("graph neural networks", quiet=QuietDays.ROLL_OVER)
    with operator.database.writing() as connection:
        save_wishes(connection, reader.id, wishes)
    foreseen = operator.says("compose", "--dry-run").stdout
    assert "1 digests would be composed, 0 readers without a match, 1 would wait" in foreseen
    done = operator.says("compose").stdout
    assert "1 digests composed, 0 readers without a match, 1 wait for more papers" in done


def test_paused_readers_are_shown_with_their_date(operator: Operator) -> None:
    [reader, _] = operator.has_readers(ADA, BOB)
    now = datetime.now(UTC)
    registry = Registry(operator.database, Tokens([SECRET]), "127.0.0.1", lambda: now)
    until = (now + timedelta(days=30)).date()
    pause(registry, reader, until)
    shown = operator.says("readers").stdout
    assert shown.count("paused until") == 1
    assert f"(paused until {until})" in shown
    told = {each["address"]: each for each in json.loads(operator.says("readers", "--json").stdout)}
    assert told[ADA]["paused_until"]
    assert told[BOB]["paused_until"] is None
    with operator.database.reading() as connection:
        assert len(all_subscribers(connection)) == 2
