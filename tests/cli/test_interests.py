"""`digest interests propose`: printed for operators, added to nobody."""

import json
from pathlib import Path

from digest.errors import SourceError
from tests.cli.conftest import Operator, on_both

ADA = "ada@example.org"
BIBTEX = "".join(
    f"@misc{{k{n}, title={{{title}}}}}\n"
    for n, title in enumerate(["Graph brewing", "On graph brewing", "Slow graph brewing"])
)


@on_both
def test_proposals_are_printed_with_what_they_find(operator: Operator, tmp_path: Path) -> None:
    operator.has_readers(ADA)
    (tmp_path / "mine.bib").write_text(BIBTEX)
    told = operator.says("interests", "propose", str(tmp_path / "mine.bib"), "--for", ADA)
    assert told.exit_code == 0, told.stderr
    assert "mine.bib: BibTeX, 3 works" in told.stdout
    (line,) = [each for each in told.stdout.splitlines() if "graph brewing" in each]
    assert [each.strip() for each in line.strip("\u2502").split("\u2502")][:2] == [
        "graph brewing",
        "3",
    ]
    assert "Matches none of" in line

    told = operator.says("interests", "propose", "--json", str(tmp_path / "mine.bib"))
    (library,) = json.loads(told.stdout)
    assert library["proposals"][0]["expression"] == "graph brewing"


def test_what_is_no_library_is_refused_with_its_name(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("Dear diary")
    refused = operator.says("interests", "propose", str(tmp_path / "diary.txt"))
    assert isinstance(refused.exception, SourceError)
    assert "diary.txt: is nothing that Digest reads" in str(refused.exception)
