"""`digest load`: made-up readers in the configured database, and never by mistake among real ones."""

import json
from pathlib import Path

from tests.cli.conftest import Operator, on_both

ADA = "ada@example.org"


@on_both
def test_an_empty_site_is_filled_with_papers_and_readers(operator: Operator) -> None:
    loaded = operator.says("load", "--papers", "30", "--days", "2", "--readers", "25")
    assert loaded.exit_code == 0, loaded.output
    assert "30 new papers" in loaded.stdout
    assert "25 readers added" in loaded.stdout
    listed = json.loads(operator.says("readers", "--json").stdout)
    assert len(listed) == 25
    assert all(each["address"].endswith(".load.test") for each in listed)

    again = operator.says("load", "--papers", "30", "--days", "2", "--readers", "30")
    assert "these papers were there already" in again.stdout
    assert "5 readers added, 25 were there already" in again.stdout


def test_where_real_readers_are_it_asks_to_be_sure(operator: Operator) -> None:
    operator.has_readers(ADA)
    refused = operator.says("load", "--readers", "3")
    assert refused.exit_code == 1
    assert "this database has a real reader" in refused.stderr
    assert "made-up papers come in it" in refused.stderr
    assert "--yes" in refused.stderr
    assert "3 readers added" in operator.says("load", "--readers", "3", "--yes").stdout
    assert "3 made-up readers deleted" in operator.says("load", "--forget").stdout
    listed = json.loads(operator.says("readers", "--json").stdout)
    assert [each["address"] for each in listed] == [ADA]


def test_without_papers_it_says_what_to_do(operator: Operator) -> None:
    refused = operator.says("load", "--readers", "3")
    assert refused.exit_code == 1
    assert "ingest papers, or name a file" in str(refused.exception)


def test_phrases_come_from_a_file(operator: Operator, tmp_path: Path) -> None:
    phrases = tmp_path / "phrases.txt"
    phrases.write_text("graph neural networks\nmolecul* + roads\nfairness\n", encoding="utf-8")
    loaded = operator.says("load", "--phrases", str(phrases), "--readers", "5", "--all-active")
    assert loaded.exit_code == 0, loaded.output
    listed = json.loads(operator.says("readers", "--json").stdout)
    assert any("molecul* + roads" in each["keywords"] for each in listed)

    phrases.write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8" in operator.says("load", "--phrases", str(phrases)).stderr
