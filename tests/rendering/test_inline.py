import socket

import pytest

from digest.errors import TemplateError
from digest.rendering.inline import inline_css

PAGE = """<!DOCTYPE html>
<html><head><title>{{{{ title }}}}</title><style>{css}</style></head>
<body>{body}</body></html>"""


def inlined(css: str, body: str) -> str:
    return inline_css(PAGE.format(css=css, body=body), "page")


def test_styles_are_written_into_elements_and_jinja_stays_as_it_is() -> None:
    body = (
        '{% for x in many if x > 1 %}<p class="a">{{ x|default("<q>") }}</p>{% endfor %}'
        '<a href="{{ url(\'x\', "y") }}" {% if b %}title="{{ b & c }}"{% endif %}>w</a>'
    )
    html = inlined(".a { color: red }", body)
    assert '<p class="a" style="color:red">{{ x|default("<q>") }}</p>' in html
    assert "{% for x in many if x > 1 %}" in html
    assert 'href="{{ url(\'x\', "y") }}"' in html
    assert "<title>{{ title }}</title>" in html


def test_jinja_inside_a_condition_for_outlook_survives() -> None:
    html = inlined("", "<!--[if mso]><table width={{ w }}><tr><td><![endif]-->x")
    assert "<!--[if mso]><table width={{ w }}><tr><td><![endif]-->" in html


def test_tags_inside_a_table_stay_where_they_are() -> None:
    html = inlined("", "<table>{% for r in rows %}<tr><td>{{ r }}</td></tr>{% endfor %}</table>")
    assert "<table>{% for r in rows %}<tr>" in html
    assert "</tr>{% endfor %}</table>" in html


def test_media_rules_keep_what_makes_them_win() -> None:
    html = inlined("p{color:red} @media (max-width:9px){p{color:blue !important}}", "<p>x</p>")
    assert 'style="color:red"' in html
    assert "@media (max-width: 9px)" in html
    assert "color: blue !important" in html


def test_an_important_declaration_wins_over_a_later_one() -> None:
    html = inlined("p{color:red !important} .a{color:blue}", '<p class="a">x</p>')
    assert "color:red" in html


def test_a_style_marked_to_be_ignored_is_kept_whole() -> None:
    page = PAGE.format(css="", body="x").replace(
        "</head>", '<style data-premailer="ignore">@supports (a:b){p{color:red}}</style></head>'
    )
    assert "@supports (a:b){p{color:red}}" in inline_css(page, "page")


def test_the_document_type_stays() -> None:
    assert inlined("", "x").startswith("<!DOCTYPE html>")


def test_words_that_look_like_a_marker_are_no_harm() -> None:
    assert "jinjatag0q {{ x }}" in inlined("", "jinjatag0q {{ x }}")


@pytest.mark.parametrize(
    ("css", "body"),
    [
        ('@import url("http://example.org/x.css");', ""),
        ("", '<link rel="stylesheet" href="http://example.org/x.css">'),
        ("", '<p class="a{% if hot %} hot{% endif %}">x</p>'),
        ("", '<p id="{{ name }}">x</p>'),
        ("@font-face { font-family: x }", ""),
        ("@supports (a: b) { p { color: red } }", ""),
        ("p:last-child { color: red }", "<p>x</p>"),
    ],
)
def test_what_would_be_fetched_dropped_or_wrong_is_refused(
    css: str, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(TemplateError, match="page"):
        inlined(css, body)
