"""The catalogues of languages against the messages that templates and code have."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from digest.errors import TemplateError
from digest.model.languages import DEFAULT_LANGUAGE, LANGUAGES
from digest.rendering.languages import Language, language
from digest.rendering.sentences import translated

ROOT = Path(__file__).resolve().parents[2]
OTHERS = sorted(LANGUAGES.keys() - {DEFAULT_LANGUAGE})
# The same words in both, by themselves or by our choice.
SAME_IN_GERMAN = {
    "%(papers)s paper, %(day)s: %(title)s",
    "Code on %(host)s",
    "Demo on %(host)s",
    "Paper on %(host)s",
}
_PLACE = re.compile(r"%\((\w+)\)s")
_MARKUP = re.compile(r"<[^>]*>|&\w+;")

every_other = pytest.mark.parametrize("code", OTHERS)


@cache
def catalogue(code: str) -> Catalog:
    path = ROOT / "templates" / "locale" / code / "LC_MESSAGES" / "digest.po"
    with path.open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


def extracted() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the context and the forms of every message, by the mapping that `./run.sh messages` uses."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    mappings = [(each["pattern"], each["method"]) for each in settings["tool"]["babel"]["mappings"]]
    for _, _, message, _, context in extract_from_dir(ROOT, mappings):
        yield context or "", (message,) if isinstance(message, str) else tuple(message)


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def strings(message: Message) -> tuple[str, ...]:
    said = message.string
    return (said,) if isinstance(said, str) else tuple(said or ())


def translations(code: str) -> list[Message]:
    return [message for message in catalogue(code) if message.id]


@every_other
def test_everything_mails_say_is_translated_and_nothing_else(code: str) -> None:
    said = set(extracted())
    assert len(said) > 90
    assert {(each.context or "", ids(each)) for each in translations(code)} == said
    assert not catalogue(code).obsolete


@every_other
def test_no_translation_is_a_guess_or_half_done(code: str) -> None:
    for message in translations(code):
        assert not message.fuzzy
        assert all(each.strip() for each in strings(message)), message.id
        forms = catalogue(code).num_plurals if len(ids(message)) > 1 else 1
        assert len(strings(message)) == forms


@every_other
def test_a_translation_asks_for_what_its_message_has(code: str) -> None:
    for message in translations(code):
        has = {place for each in ids(message) for place in _PLACE.findall(each)}
        *few, many = strings(message)
        assert set(_PLACE.findall(many)) == has
        # Of one thing a language may speak without its number.
        assert all(has - {"papers"} <= set(_PLACE.findall(each)) <= has for each in few)
        assert "%" not in _PLACE.sub("", "".join(strings(message)))


@every_other
def test_a_translation_has_the_markup_of_its_message(code: str) -> None:
    for message in translations(code):
        has = sorted(each for each in _MARKUP.findall(ids(message)[-1]) if each[0] == "<")
        for each in strings(message):
            assert sorted(_MARKUP.findall(each)) == has
            assert not re.search(r"[<>&{}]", _MARKUP.sub("", each))


@every_other
def test_what_stands_in_both_parts_of_a_mail_is_written_alike(code: str) -> None:
    """Where the HTML has a link, the text has an address on the next line."""
    for message in translations(code):
        for each in (*ids(message), *strings(message)):
            assert each == each.strip()
            assert "  " not in each
            assert "\n" not in each


def test_every_german_message_is_another() -> None:
    same = {ids(each)[0] for each in translations("de") if set(ids(each)) & set(strings(each))}
    assert same <= SAME_IN_GERMAN


def in_german(source: str) -> str:
    return translated(source, language("de"), "a.html")


def test_a_sentence_is_translated_with_the_markup_within() -> None:
    source = '{% trans %}Or read <a href="{{ home_url }}">all papers on {{ site_name }}</a>.{% endtrans %}'
    assert in_german(source) == (
        '{% with %}Oder lesen Sie <a href="{{ home_url }}">alle Papers auf {{ site_name }}</a>.'
        "{% endwith %}"
    )


def test_white_space_may_be_broken_and_stays_around_a_sentence() -> None:
    source = "{% trans %}\nConfirm\n the subscription {% endtrans +%}"
    assert in_german(source) == "{% with %}\nAbonnement bestätigen {% endwith +%}"
    english = translated(source, language("en"), "a.html")
    assert english == "{% with %}\nConfirm\n the subscription {% endwith +%}"


def test_a_sentence_that_nobody_translated_stays_as_it_is() -> None:
    source = "{% trans n=count %}{{ n }} % of one{% pluralize %}{{ n }} % of many{% endtrans %}"
    assert in_german(source) == (
        "{% with n=count %}{% if n|form == 0 %}{{ n }} % of one{% elif n|form == 1 %}"
        "{{ n }} % of many{% endif +%}{% endwith %}"
    )


@pytest.mark.parametrize(
    "body", ["{{ a|safe }}", "{% if a %}x{% endif %}", "{{ a.b }}", "{# why #}", "{{ 7 * 7 }}"]
)
def test_a_sentence_holds_only_names(body: str) -> None:
    with pytest.raises(TemplateError, match="may hold only names"):
        in_german("{% trans %}" + body + "{% endtrans %}")


def test_a_plural_needs_its_number() -> None:
    with pytest.raises(TemplateError, match="no number"):
        in_german("{% trans %}one{% pluralize %}many{% endtrans %}")


@pytest.mark.parametrize("said", ["{{ config }}", "{% include 'x' %}", "{# #}", "%(other)s", "{{"])
def test_a_translation_cannot_ask_for_more_than_its_sentence(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    german = Language("de")
    monkeypatch.setitem(german._strings, ("", "Goodbye"), (said,))  # noqa: SLF001  a bad catalogue
    with pytest.raises(TemplateError, match="asks for what is not there"):
        translated("{% trans %}Goodbye{% endtrans %}", german, "a.html")


def test_what_is_quoted_of_papers_is_marked_where_all_around_is_not_english() -> None:
    for tag in ("{{ in_english }}", "{{in_english}}", "\n  {{ in_english }}"):
        source = f'<p dir="auto" {tag}>x</p>'
        assert in_german(source) == '<p dir="auto" lang="en">x</p>'
        assert translated(source, language("en"), "a.html") == '<p dir="auto">x</p>'
