"""Looking at mails before anybody gets them: the very bytes, and nothing changed by it."""

import hashlib
import json
from email import message_from_string, policy
from pathlib import Path

import pytest
from lxml import html as lxml_html

from digest.cli.preview_mail import ACCOUNT_MAILS, SAMPLES
from digest.model.deliveries import DeliveryState, MailKind
from digest.model.languages import LANGUAGES
from digest.pipeline import gallery, samples
from digest.pipeline.subscribe import Registry, subscribe
from digest.store import deliveries
from digest.store.tables import metadata
from digest.tokens import Tokens
from tests.cli.conftest import SECRET, Operator, on_both
from tests.conftest import START
from tests.factories import make_wishes

ADA = "ada@example.org"


def test_every_kind_of_mail_can_be_looked_at() -> None:
    assert {"digest", *ACCOUNT_MAILS} == {kind.value for kind in MailKind}
    assert set(SAMPLES) == set(samples.SAMPLES)
    shown = {"digest" if name.startswith("digest-") else name for name in gallery.NAMES}
    assert shown == {kind.value for kind in MailKind}


@on_both
def test_the_newest_digest_is_the_very_mail_that_is_sent(operator: Operator) -> None:
    operator.has_readers(ADA)
    operator.says("compose")
    before = operator.mails()
    seen = operator.says("preview", "mail", "--reader", ADA, "--as", "raw").stdout_bytes
    assert operator.mails() == before
    operator.says("deliver")

    [sent] = operator.sink.mails
    assert hashlib.sha256(seen).hexdigest() == sent.sha256


def test_a_digest_that_is_not_composed_is_shown_as_it_would_be(operator: Operator) -> None:
    operator.has_readers(ADA)
    seen = operator.says("preview", "mail", "--reader", ADA)

    assert "Graph Neural Networks for Roads" in seen.stdout
    assert operator.mails() == []


def test_who_would_get_nothing_is_said_so(operator: Operator) -> None:
    operator.has_readers(ADA, papers=False)
    seen = operator.says("preview", "mail", "--reader", ADA)

    assert "nothing new matches" in str(seen.exception)


@pytest.mark.parametrize("who", ["bob@example.org", "bob"])
def test_a_stranger_is_refused(operator: Operator, who: str) -> None:
    assert operator.says("preview", "mail", "--reader", who).exit_code == 1


@pytest.mark.parametrize("kind", [*ACCOUNT_MAILS, *SAMPLES])
def test_a_reader_is_shown_any_kind_with_their_own_links(operator: Operator, kind: str) -> None:
    [reader] = operator.has_readers(ADA, papers=False)
    raw = operator.says("preview", "mail", "--kind", kind, "--reader", ADA, "--as", "raw").stdout
    mail = message_from_string(raw, policy=policy.default)

    assert mail["To"] == ADA
    is_list_mail = kind in SAMPLES
    assert (mail["List-Unsubscribe"] is not None) == is_list_mail
    body = mail.get_body(("plain",))
    assert body is not None
    if kind not in {"goodbye", "confirm", "sign-in", "move"}:
        # Whoever reads the mailbox that was left can stop mail, and nothing else.
        version = 0 if kind == "moved" else reader.token_version
        assert f"/unsubscribe/{reader.id}-{version}." in body.get_content()
    assert operator.states() == {}
    assert operator.sink.mails == []


def test_it_works_on_an_empty_site_and_writes_what_is_asked(
    operator: Operator, tmp_path: Path
) -> None:
    path = tmp_path / "mail.html"
    told = operator.says("preview", "mail", "--as", "html", "--out", str(path), "--json")
    about = json.loads(told.stdout)

    assert about["kind"] == "digest"
    assert about["file"] == str(path)
    assert about["html_bytes"] < 95_000 < about["html_bytes"] + about["bytes"] + 95_000
    assert lxml_html.fromstring(path.read_text()).xpath("//h1")


@pytest.mark.parametrize("kind", ["digest", *ACCOUNT_MAILS, *SAMPLES])
def test_any_kind_is_shown_in_another_language(operator: Operator, kind: str) -> None:
    told = operator.says("preview", "mail", "--kind", kind, "--language", "de", "--as", "html")
    assert told.exit_code == 0
    assert lxml_html.fromstring(told.stdout).get("lang") == "de"


def test_a_readers_mail_is_in_no_other_language_than_theirs(operator: Operator) -> None:
    operator.has_readers(ADA, papers=False)
    told = operator.says("preview", "mail", "--reader", ADA, "--language", "de")
    assert told.exit_code == 2
    assert "a language of their own" in told.stderr
    assert operator.says("preview", "mail", "--language", "fr").exit_code == 1


@pytest.mark.parametrize("kind", ["digest", *ACCOUNT_MAILS, *SAMPLES])
def test_nothing_is_changed_by_looking(operator: Operator, kind: str) -> None:
    operator.has_readers(ADA)
    operator.says("compose")
    before = everything(operator)
    seen = operator.says("preview", "mail", "--kind", kind, "--reader", ADA, "--as", "raw")

    assert (seen.exit_code, bool(seen.stdout_bytes)) == (0, True)
    assert everything(operator) == before


def everything(operator: Operator) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    with operator.database.reading() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
            for table in metadata.sorted_tables
        }


def test_an_invented_readers_mail_needs_no_database_and_makes_none(
    operator: Operator, tmp_path: Path
) -> None:
    here = {"DIGEST_DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3"}
    seen = operator.says("preview", "mail", "--kind", "welcome", **here)

    assert seen.stdout.startswith("WELCOME")
    assert not (tmp_path / "none.sqlite3").exists()


@pytest.mark.parametrize("what", [("mail", "mail.html"), ("gallery", "gallery")])
def test_a_place_that_cannot_be_written_is_said_with_what_to_do(
    operator: Operator, tmp_path: Path, what: tuple[str, str]
) -> None:
    (tmp_path / "file").touch()
    command, name = what
    seen = operator.says("preview", command, "--out", str(tmp_path / "file" / name))

    assert seen.exit_code == 1
    assert "cannot be written (" in seen.output
    assert "name another place with --out" in seen.output


def test_what_no_browser_shows_is_named(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "new" / "mail.html"
    seen = operator.says("preview", "mail", "--open", "--out", str(path), PATH="", DISPLAY="")

    assert seen.exit_code == 1
    assert f"open {path}" in seen.output
    assert path.read_bytes().startswith(b"<!DOCTYPE html>")


def test_a_browser_shows_html_alone(operator: Operator) -> None:
    seen = operator.says("preview", "mail", "--open", "--as", "raw")

    assert seen.exit_code == 2
    assert "leave --as out" in seen.output


def test_the_gallery_is_one_page_of_every_mail_and_needs_no_database(
    operator: Operator, tmp_path: Path
) -> None:
    away = {"DIGEST_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    told = operator.says("preview", "gallery", "--out", str(tmp_path / "all"), "--json", **away)
    about = json.loads(told.stdout)
    page = lxml_html.fromstring(Path(about["file"]).read_text())

    assert [each["name"] for each in about["mails"]] == list(gallery.NAMES)
    assert len(page.xpath("//iframe[@sandbox='']")) == 5 * len(gallery.NAMES)
    assert {f"digest-{code}" for code in LANGUAGES} - {"digest-en"} <= set(gallery.NAMES)
    assert "8 neue Papers für Sie" in page.xpath("//iframe/@srcdoc[contains(., 'lang=\"de\"')]")[0]
    assert all(each["html_bytes"] <= 95_000 for each in about["mails"])
    assert page.xpath("//script | //img | //link") == []


def test_words_that_name_no_command_are_keywords(operator: Operator) -> None:
    short = operator.says("preview", "graph neural networks", "--json")
    long = operator.says("preview", "keywords", "graph neural networks", "--json")
    first = operator.says("preview", "--json", "graph neural networks")

    assert short.stdout == long.stdout == first.stdout
    assert json.loads(short.stdout)[0]["expression"] == "graph neural networks"


def test_looking_at_a_confirmation_confirms_nobody(operator: Operator) -> None:
    registry = Registry(operator.database, Tokens([SECRET]), "127.0.0.1", lambda: START)
    reader = subscribe(registry, ADA, make_wishes())
    operator.says("preview", "mail", "--kind", "confirm", "--reader", ADA)

    with operator.database.reading() as connection:
        [mail] = deliveries.deliveries_of(connection, reader.id)
    assert (mail.kind, mail.state) == (MailKind.CONFIRM, DeliveryState.READY)
