"""What documents say one can type is there."""

import re
from collections.abc import Iterator

import click
import pytest

from digest.cli import digest
from tests.conftest import REPOSITORY

_WRITTEN = re.compile(
    r"`digest ([^`\n]+)`|^(?:\S+: |\./run\.sh )?digest ([a-z-]+.*)$", re.MULTILINE
)
DOCUMENTS = [
    REPOSITORY / "README.md",
    REPOSITORY / "Procfile",
    *sorted((REPOSITORY / "docs").glob("*.md")),
]


def written() -> Iterator[tuple[str, str]]:
    for path in DOCUMENTS:
        for quoted, line in _WRITTEN.findall(path.read_text()):
            yield path.name, (quoted or line.partition("#")[0]).strip()


def unknown(words: list[str]) -> list[str]:
    """Return the words of a command that the program does not know."""
    here: click.Command = digest
    found = []
    for word in words:
        if isinstance(here, click.Group) and word in here.commands:
            here = here.commands[word]
        elif word.startswith("-"):
            known = {option for each in here.params for option in each.opts} | {"--help"}
            found += [] if word in known else [word]
        elif here is digest:
            found.append(word)
    return found


@pytest.mark.parametrize(("document", "command"), sorted(set(written())))
def test_a_command_in_a_document_is_one(document: str, command: str) -> None:
    assert not unknown(command.split()), f"{document}: digest {command}"


def test_the_documents_name_commands_and_a_wrong_one_is_seen() -> None:
    assert len({command.split()[0] for _, command in written()}) > 20
    assert unknown(["deliveries", "list", "--uncertain"]) == ["--uncertain"]
    assert unknown(["deliverys"]) == ["deliverys"]
