from datetime import date
from pathlib import Path

import pytest

from digest.errors import TemplateError
from digest.rendering.email import MailRenderer
from digest.rendering.environment import (
    TEXT_WIDTH,
    compiled,
    day,
    day_month,
    email_environment,
    plural,
    render,
    render_pieces,
    web_environment,
    wrap,
)
from tests.rendering import samples


def test_a_day_is_named_in_english_whatever_the_locale() -> None:
    assert day(date(2026, 3, 17)) == "Tuesday 17 March 2026"
    assert day_month(date(2026, 12, 1)) == "1 December"


def test_a_noun_goes_with_its_number() -> None:
    assert [plural(n, "paper") for n in (0, 1, 1200)] == ["0 papers", "1 paper", "1,200 papers"]


def test_wrapped_lines_are_short_but_for_addresses() -> None:
    url = "https://example.org/" + "a" * 90
    lines = wrap(f"{'word ' * 40}{'W' * 200} {url} {'word ' * 9}", indent=2).split("\n")
    assert url in [line.strip() for line in lines]
    assert all(len(line) <= TEXT_WIDTH for line in lines if "://" not in line)
    assert all(line.startswith("  ") for line in lines)
    assert wrap("") == ""


def test_html_is_escaped_and_text_is_not() -> None:
    environment = web_environment()
    assert environment.from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"
    text = email_environment().get_template("email/wishes.txt")
    assert "<b>" in text.render(interests=["<b>"], more_interests=0)


def test_a_name_that_is_not_there_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(TemplateError, match=r"email/wishes\.txt"):
        render(email_environment(), "email/wishes.txt", {})


def test_an_operators_file_takes_the_place_of_ours_alone(tmp_path: Path) -> None:
    folder = tmp_path / "email" / "confirm"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("Welcome to {{ site_name }}\nBcc: x@example.org\n")
    renderer = MailRenderer(samples.links(), "Lab", template_override=tmp_path)
    mail = renderer.confirm(samples.subscriber(), samples.MORNING)
    assert mail.subject == "Welcome to Lab Bcc: x@example.org"
    assert "Is this right?" in mail.html


@pytest.mark.parametrize("source", ["{% if %}", "{% include 'missing.html' %}", "{{ a", "{% x %}"])
def test_a_broken_template_is_named(source: str, tmp_path: Path) -> None:
    (tmp_path / "email" / "digest").mkdir(parents=True)
    (tmp_path / "email" / "digest" / "body.html").write_text(f"<p>{source}</p>")
    with pytest.raises(TemplateError, match=r"email/digest/body\.html"):
        compiled(email_environment(tmp_path), "email/digest/body.html")


@pytest.mark.parametrize("source", [b"caf\xe9", b"{% trans %}{{ a.b }}{% endtrans %}"])
@pytest.mark.parametrize("name", ["title.html", "body.txt"])
def test_the_very_file_is_named_that_cannot_be_read_or_translated(
    name: str, source: bytes, tmp_path: Path
) -> None:
    (tmp_path / "email" / "digest").mkdir(parents=True)
    (tmp_path / "email" / "digest" / name).write_bytes(source)
    whole = "email/digest/body." + name.partition(".")[2]
    with pytest.raises(TemplateError, match=f"^email/digest/{name}"):
        compiled(email_environment(tmp_path), whole)


@pytest.mark.parametrize("source", ["{{ 1 / 0 }}", "{{ [] + 1 }}", "{{ 'x'|day }}"])
def test_what_cannot_be_done_is_an_error_of_the_template(source: str, tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text(source)
    for rendered in (render, render_pieces):
        with pytest.raises(TemplateError, match=r"^own\.txt: "):
            rendered(email_environment(tmp_path), "own.txt", {})


def test_html_without_an_element_is_named(tmp_path: Path) -> None:
    (tmp_path / "email" / "digest").mkdir(parents=True)
    (tmp_path / "email" / "digest" / "body.html").write_text("{{ subject }}")
    with pytest.raises(TemplateError, match=r"email/digest/body\.html"):
        compiled(email_environment(tmp_path), "email/digest/body.html")


def test_every_template_of_ours_compiles() -> None:
    samples.renderer().compile_all()
