"""`digest operators` and `digest dumps`: who may sign in, and what is published."""

import json
import re
from pathlib import Path

import pytest

from digest.credentials import SHORTEST_PASSWORD
from digest.errors import CredentialError
from tests.cli.conftest import Operator, on_both

TWICE = "four words that rhyme\n" * 2


@on_both
def test_operators_are_added_reset_and_removed(operator: Operator) -> None:
    assert "nobody yet" in operator.says("operators").stdout
    added = operator.says("operators", "add", "Grace", answer=TWICE)
    assert added.exit_code == 0
    assert "four words" not in added.output
    assert "\u2580" in added.stdout or "\u2584" in added.stdout, "a QR code"
    [address] = re.findall(r"otpauth://totp/Digest%3Agrace\?secret=([A-Z2-7]{32})&", added.stdout)
    assert address in added.stdout.split("type in ")[1]
    again = operator.says("operators", "reset", "grace", answer=TWICE)
    assert address not in again.stdout
    assert [
        each["name"] for each in json.loads(operator.says("operators", "list", "--json").stdout)
    ] == ["grace"]
    assert operator.says("operators", "remove", "grace").stdout == "grace signs in no more\n"
    assert "nobody yet" in operator.says("operators", "list").stdout


def test_a_key_is_shown_once_listed_without_itself_and_taken_back(operator: Operator) -> None:
    operator.says("operators", "add", "grace", answer=TWICE)
    key = operator.says("operators", "key", "grace", "--for", "the nightly job").stdout.strip()
    assert re.fullmatch(r"[\w-]{40,}", key)
    listed = operator.says("operators", "list").stdout
    assert "key for the nightly job, last used on" in listed
    assert key not in listed + operator.says("operators", "list", "--json").stdout
    assert "no key of grace" in operator.says("operators", "key", "--revoke", "grace").stdout
    assert "nightly" not in operator.says("operators", "list").stdout


@pytest.mark.parametrize(
    ("words", "answer", "says"),
    [
        (["key", "nobody"], None, "no operator is called nobody"),
        (["key", "--revoke", "nobody"], None, "no operator is called nobody"),
        (["add", "grace"], "short\nshort\n", f"{SHORTEST_PASSWORD} to 200 characters"),
        (["add", "gr ace"], TWICE, "cannot be a name"),
        (["reset", "nobody"], TWICE, "no operator is called nobody"),
        (["remove", "nobody"], None, "no operator is called nobody"),
    ],
)
def test_what_cannot_be_is_told(
    operator: Operator, words: list[str], answer: str | None, says: str
) -> None:
    result = operator.says("operators", *words, answer=answer)
    assert isinstance(result.exception, CredentialError)
    assert says in str(result.exception)


@on_both
def test_held_dumps_are_listed_published_and_discarded(
    operator: Operator, tmp_path: Path, example_dumps: list[Path]
) -> None:
    assert operator.says("dumps").stdout.strip() == "no dump is held"
    operator.says("ingest", "--dated", "2026-03-17", str(example_dumps[0]))
    blocks = example_dumps[0].read_text().split("\n\n")
    for number, length in ((1, 8), (2, 9)):
        path = tmp_path / f"short{number}.txt"
        path.write_text("\n\n".join(blocks[: max(length, len(blocks) // 14 + number)]))
        assert operator.says("ingest", str(path)).exit_code == 1
    held = json.loads(operator.says("dumps", "held", "--json").stdout)
    assert [each["name"] for each in held] == ["short1.txt", "short2.txt"]
    assert "short1.txt" in operator.says("dumps").stdout

    first, second = (str(each["id"]) for each in held)
    assert operator.says("dumps", "discard", first).stdout == "short1.txt is discarded\n"
    assert operator.says("dumps", "publish", second).stdout == "short2.txt is published\n"
    assert operator.says("dumps", "publish", first).stdout == "short1.txt is discarded\n"
    assert operator.says("dumps", "publish", "99").exit_code == 1
    assert operator.says("dumps", "held").stdout.strip() == "no dump is held"
