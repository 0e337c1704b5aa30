import pytest

from digest.errors import TemplateError
from digest.rendering.flatten import flatten

LAYOUT = "<a>{% block one %}1{% endblock %}</a><b>{% block two %}2{% endblock %}</b>"


def flat(**files: str) -> str:
    return flatten("page", files.__getitem__)


def test_blocks_take_their_place_and_the_others_keep_what_they_hold() -> None:
    page = '{% extends "layout" %}\n{% block two %}{{ x }}{% endblock two %}'
    assert flat(page=page, layout=LAYOUT) == "<a>1</a><b>{{ x }}</b>"


def test_includes_are_written_out_wherever_they_stand() -> None:
    page = '{% extends "layout" %}{% block one %}{% include "part" %}{% endblock %}'
    assert flat(page=page, layout=LAYOUT, part="<p>\n") == "<a><p></a><b>2</b>"


def test_comments_are_gone() -> None:
    assert flat(page="{# a\nword #}\n<p>{# another #}</p>") == "<p></p>"


def test_a_template_may_extend_one_that_extends_another() -> None:
    middle = '{% extends "layout" %}{% block one %}<i>{% block inner %}{% endblock %}</i>'
    with pytest.raises(TemplateError):
        flat(page='{% extends "middle" %}', middle=middle, layout=LAYOUT)
    page = '{% extends "middle" %}{% block two %}!{% endblock %}'
    middle = '{% extends "layout" %}{% block one %}0{% endblock %}'
    assert flat(page=page, middle=middle, layout=LAYOUT) == "<a>0</a><b>!</b>"


@pytest.mark.parametrize(
    "page",
    [
        "{% include name %}",
        '{% import "part" as part %}',
        '{% from "part" import thing %}',
        '{% extends "layout" %}{% block one %}{{ super() }}{% endblock %}',
        '{% extends "layout" %}{% block three %}{% endblock %}',
        '{% extends "layout" %}words outside',
        '{% include "page" %}',
        '{% extends "page" %}',
    ],
)
def test_what_cannot_be_resolved_is_refused_by_name(page: str) -> None:
    with pytest.raises(TemplateError, match="page"):
        flat(page=page, layout=LAYOUT, part="")
