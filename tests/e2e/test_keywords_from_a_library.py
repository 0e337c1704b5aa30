"""Keywords from somebody's own library: a real file, given to a real browser without scripts."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.place import Place
from tests.e2e.visiting import fits, heading, press, visiting

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

TITLES = (
    "Green tea",
    "Fast green tea",
    "Acoustic telemetry",
    "On acoustic telemetry",
)


def test_what_is_ticked_of_a_file_stands_among_the_keywords(
    browser: Browser, place: Place, tmp_path: Path
) -> None:
    works = (f"@misc{{k{n}, title={{{title}}}}}" for n, title in enumerate(TITLES))
    (tmp_path / "mine.bib").write_text("\n".join(works))
    reader = place.has_reader("eve@example.org", "graph neural networks")
    with visiting(browser, place, width=320, scheme="dark") as page:
        page.goto(place.app.links.preferences(reader))
        page.get_by_role("link", name="Find keywords in your library").click()
        heading(page, "Keywords from your library")
        page.get_by_label("A file, 4 MiB at most").set_input_files(tmp_path / "mine.bib")
        press(page, "Propose keywords")
        heading(page, "Keywords that your library proposes")
        assert fits(page)
        expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
        page.get_by_label("green tea").check()
        page.get_by_label("acoustic telemetry").check()
        press(page, "Add to my keywords")
        expect(page.get_by_role("status")).to_contain_text("2 keywords from your library stand")
        kept = page.get_by_label("Keywords, one a line").input_value().splitlines()
        assert kept[0] == "graph neural networks"
        assert set(kept[1:]) == {"green tea", "acoustic telemetry"}
