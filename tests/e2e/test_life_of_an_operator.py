"""The life of an operator: a key by the command line, then all of it in a browser without scripts."""

import base64
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from digest import jobs
from digest.credentials import code_at
from digest.delivery.sink import Rule, Step
from digest.jobs import DumpsFolder
from tests.e2e.place import Place
from tests.e2e.visiting import fits, heading, press, visiting

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PASSWORD = "four words that rhyme"  # noqa: S105  of the tests
ADA = "ada@example.org"
SIGNED_IN = frozenset({"digest-operator"})
TITLE = "Cheerful Beetles Count Their Legs"
ABSTRACT = "Beetles that are asked to count their legs come to six, and are cheerful about it."
_WITHIN = 30  # seconds, for a command on a busy machine


def add_operator(place: Place, name: str) -> bytes:
    """Run `digest operators add` at a terminal; return the secret it shows for the codes."""
    settings = place.app.settings
    said, terminal = pty.openpty()
    command = subprocess.Popen(
        [sys.executable, "-m", "digest", "operators", "add", name],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        start_new_session=True,
        env={
            **{name: value for name, value in os.environ.items() if name[:7] != "DIGEST_"},
            "DIGEST_DATA_DIR": settings.data_dir,
            "DIGEST_BASE_URL": settings.base_url,
        },
    )
    os.close(terminal)
    seen = b""
    try:
        for _ in range(2):
            seen += _read_until(said, b": ")
            os.write(said, f"{PASSWORD}\n".encode())
        shown = command.communicate(timeout=_WITHIN)[0].decode()
    finally:
        command.kill()
        os.close(said)
    assert command.returncode == 0
    assert seen.count(b"Password") == 1
    assert PASSWORD not in seen.decode() + shown
    found = re.search(r"otpauth://totp/\S+[?&]secret=([A-Z2-7]+)", shown)
    assert found is not None
    return base64.b32decode(found[1])


def _read_until(terminal: int, mark: bytes) -> bytes:
    """Read what a program says until it waits for an answer."""
    said = b""
    while mark not in said:
        said += os.read(terminal, 1000)
    return said


def enter(page: Page, place: Place, secret: bytes) -> None:
    """Sign in with name, password and the code of the moment."""
    page.goto(place.at("/admin"))
    heading(page, "Sign in")
    assert fits(page)
    page.get_by_label("Name").fill("grace")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill(code_at(secret, place.clock()))
    press(page, "Sign in")
    heading(page, "Overview")


def go(page: Page, place_in_the_bar: str, name: str) -> None:
    bar = page.get_by_role("navigation", name="Operators")
    bar.get_by_role("link", name=place_in_the_bar).click()
    heading(page, name)
    assert fits(page)


def puts_down(place: Place, name: str, text: str) -> None:
    """Save a page in the watched folder, and let the site look there."""
    folder = place.app.settings.dumps_path
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    DumpsFolder(place.app, now=lambda: time.time() + 60).take_new()


def deeds(page: Page) -> list[tuple[str, str]]:
    """What the audit log shows of an operator, newest first."""
    rows = page.get_by_role("row").filter(has=page.get_by_role("cell", name="grace", exact=True))
    cells = [row.get_by_role("cell").all_inner_texts() for row in rows.all()]
    return [(deed, subject) for _, who, deed, subject in cells if who == "grace"]


def test_an_operator_gets_a_key_looks_around_and_leaves(browser: Browser, place: Place) -> None:
    place.has_reader(ADA, "graph neural networks", "RAG")
    place.next_morning()
    jobs.stocktake(place.app)
    secret = add_operator(place, "Grace")
    with visiting(browser, place) as page:
        enter(page, place, secret)
        for chart in ("Mails by day and state", "Papers in lists by day", "Readers by state"):
            expect(page.get_by_role("img", name=chart)).to_be_visible()
        page.get_by_text("The numbers of Readers by state").click()
        expect(page.get_by_role("row", name="active 1")).to_be_visible()
        assert fits(page)
        page.set_viewport_size({"width": 320, "height": 800})
        assert fits(page)
        go(page, "Audit log", "Audit log")
        assert deeds(page) == [("sign in", "")]
        expect(page.get_by_role("row").filter(has_text="add operator")).to_contain_text("grace")
        press(page, "Sign out")
        heading(page, "Sign in")
        page.goto(place.at("/admin/audit"))
        heading(page, "Sign in")

        page.get_by_label("Name").fill("grace")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Code").fill(code_at(secret, place.clock()))
        press(page, "Sign in")
        expect(page).to_have_title(re.compile(r"^Error: "))
        expect(page.get_by_role("alert")).to_contain_text("A code is good once")

    assert place.ask("GET", place.at("/ready"))[0] == 200
    status, _, said = place.ask("GET", place.at("/metrics"))
    assert status == 200
    assert "digest_database_up 1.0" in said
    assert (
        'digest_http_requests_total{method="POST",route="/admin/sign-in",status="303"} 1.0' in said
    )
    assert 'digest_readers{state="active"} 1.0' in said


def test_broken_lists_are_looked_at_published_and_discarded(
    browser: Browser, place: Place, example_dumps: list[Path]
) -> None:
    blocks = example_dumps[0].read_text().split("\n\n")
    secret = place.app.operators.add("grace", PASSWORD)
    broken = "\n\n".join(blocks[:9])
    puts_down(place, "short.txt", f"{broken}\n\n{TITLE}\n\n{ABSTRACT}\n")
    puts_down(place, "shorter.txt", broken)
    with visiting(browser, place, width=320, cookies=SIGNED_IN) as page:
        enter(page, place, secret)
        expect(page.get_by_role("link", name="2 dumps may be broken")).to_be_visible()
        go(page, "Dumps", "Dumps")
        page.get_by_role("link", name="short.txt").click()
        heading(page, "short.txt")
        assert fits(page)
        expect(page.get_by_text(TITLE, exact=True)).to_be_visible()
        press(page, "Publish")
        expect(page.get_by_role("status")).to_contain_text("Published on")
        go(page, "Dumps", "Dumps")
        page.get_by_role("link", name="shorter.txt").click()
        press(page, "Discard")
        expect(page.get_by_role("status")).to_contain_text("Discarded on")
        go(page, "Dumps", "Dumps")
        expect(page.get_by_text("No dump is held back.")).to_be_visible()
        go(page, "Audit log", "Audit log")
        done = [(deed, what.partition("(")[2]) for deed, what in deeds(page)]
        assert done[:2] == [("discard dump", "shorter.txt)"), ("publish dump", "short.txt)")]
    with visiting(browser, place) as page:
        page.goto(place.at("/search?q=cheerful+beetles"))
        expect(page.get_by_role("link", name=TITLE)).to_be_visible()


def test_mail_is_sent_again_stopped_and_let_go(browser: Browser, place: Place) -> None:
    place.has_reader(ADA, "graph neural networks", "RAG")
    secret = place.app.operators.add("grace", PASSWORD)
    place.sink.play(Rule(Step.END, "550 5.7.1 we do not like it"))
    place.clock.advance(days=1)
    jobs.compose(place.app)
    assert place.mails() == []
    place.sink.play()
    with visiting(browser, place, cookies=SIGNED_IN) as page:
        enter(page, place, secret)
        go(page, "Readers", "Readers")
        page.get_by_label("Address, or how it begins").fill("ada")
        press(page, "Find")
        page.get_by_role("link", name=ADA).click()
        heading(page, ADA)
        expect(page.get_by_role("row").filter(has_text="digest")).to_contain_text("failed")
        expect(page.get_by_role("row").filter(has_text="digest")).to_contain_text("do not like it")
        page.get_by_role("link", name="Requeue or hold mails of this reader").click()
        heading(page, "Mails")
        press(page, "Requeue")
        expect(page.get_by_role("alert")).to_contain_text("Tick at least one mail")
        page.get_by_role("checkbox").check()
        press(page, "Requeue")
        expect(page.get_by_role("status")).to_contain_text("Requeued: 1 mail.")

        go(page, "Pause", "Pause")
        press(page, "Pause")
        expect(page.get_by_role("alert")).to_contain_text("Say what is to be paused.")
        page.get_by_label("Everything").check()
        page.get_by_label("Why").fill("the relay moves")
        press(page, "Pause")
        expect(page.get_by_text("the relay moves")).to_be_visible()
        assert place.mails() == []
        page.get_by_role("link", name="Digest operators").click()
        expect(page.get_by_role("listitem").filter(has_text="the relay moves")).to_be_visible()
        go(page, "Pause", "Pause")
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_text("Nothing is paused.")).to_be_visible()
        assert place.mail()["To"] == ADA

        go(page, "Audit log", "Audit log")
        done = deeds(page)
        assert [deed for deed, _ in done] == ["resume", "pause", "requeue mails", "sign in"]
        assert done[1][1] == "site: the relay moves"
