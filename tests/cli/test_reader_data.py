"""`digest readers export` and `erase`: an operator does for a reader what they ask for."""

import json
from pathlib import Path

from digest.store.subscribers import all_subscribers
from tests.cli.conftest import Operator, on_both

ADA = "ada@example.org"


@on_both
def test_a_reader_is_exported_and_erased(operator: Operator, tmp_path: Path) -> None:
    operator.has_readers(ADA, "bob@example.org")
    operator.says("compose")
    told = json.loads(operator.says("readers", "export", "ADA@example.org").stdout)
    assert told["reader"]["address"] == ADA
    assert [each["kind"] for each in told["deliveries"]] == ["digest"]
    path = tmp_path / "ada.json"
    operator.says("readers", "export", ADA, "--out", str(path))
    assert json.loads(path.read_text())["digests"] == told["digests"]

    assert operator.says("readers", "erase", ADA, "--yes").exit_code == 0
    with operator.database.reading() as connection:
        assert [each.address for each in all_subscribers(connection)] == ["bob@example.org"]
    for command in ("export", "erase"):
        assert operator.says("readers", command, ADA).exit_code == 1


def test_nobody_is_erased_without_a_yes(operator: Operator) -> None:
    operator.has_readers(ADA)
    assert operator.says("readers", "erase", ADA).exit_code == 1
    with operator.database.reading() as connection:
        assert len(all_subscribers(connection)) == 1


def test_a_word_that_is_no_address_is_said_so(operator: Operator) -> None:
    assert operator.says("readers", "erase", "ada", "--yes").exit_code != 0
