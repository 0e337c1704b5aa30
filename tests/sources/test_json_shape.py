from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.sources.formats.json_shape import Node, ShapeError, read_each
from tests.sources.shapes import json_of


def titles(node: Node) -> str:
    return node.need_object().field("title").need_text()


@pytest.mark.parametrize("wrapped", ["x", {"value": "x"}, {"value": {"value": "x"}}])
def test_a_value_may_be_wrapped(wrapped: object) -> None:
    assert Node({"title": wrapped}).field("title").text() == "x"


@pytest.mark.parametrize(
    "of_nothing", [{}, {"title": None}, {"title": {"value": None}}, {"title": 5}, [], None, "title"]
)
def test_what_is_optional_is_nothing_whether_absent_null_or_of_another_type(
    of_nothing: object,
) -> None:
    node = Node(of_nothing).field("title")
    assert (node.text(), node.items(), node.day()) == ("", [], None)


def test_the_first_of_several_names_that_holds_anything_counts() -> None:
    node = Node({"fullname": None, "name": "Ada"})
    assert node.field("fullname", "name").text() == "Ada"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({}, r"the answer\.notes is missing"),
        ({"notes": {}}, r"the answer\.notes is an object, not a list"),
        ({"notes": "none"}, r"the answer\.notes is text, not a list"),
        ({"notes": True}, r"the answer\.notes is true or false, not a list"),
        ({"notes": [1] * 50_001}, r"the answer\.notes is a list of 50,001"),
        ([1], r"the answer\.notes is missing"),
    ],
)
def test_what_must_be_there_is_told_with_its_place(value: object, problem: str) -> None:
    with pytest.raises(ShapeError, match=problem):
        Node(value).field("notes").need_items()


def test_a_text_of_blanks_is_empty() -> None:
    with pytest.raises(ShapeError, match=r"the answer\.title is empty"):
        titles(Node({"title": " \n"}))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-10-29", date(2025, 10, 29)),
        ("2025-10-29T00:35:12.000Z", date(2025, 10, 29)),
        ("2025-10-28T23:30:00-04:00", date(2025, 10, 29)),
        ("2025-02-30", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("1066-10-14", None),
        ("soon", None),
        (20251029, None),
    ],
)
def test_days_are_those_of_utc(text: object, day: date | None) -> None:
    assert Node(text).day() == day


@pytest.mark.parametrize(
    ("number", "day"),
    [
        (1761697812000, date(2025, 10, 29)),
        ("1761697812000", date(2025, 10, 29)),
        (1e300, None),
        (float("nan"), None),
        (10**400, None),
        (True, None),
        (-1e13, None),
    ],
)
def test_moments_may_be_milliseconds(number: object, day: date | None) -> None:
    assert Node(number).day_of_ms() == day


@pytest.mark.parametrize(
    ("value", "count"), [(42.0, 42), ("7", 7), (-1, None), (1e12, None), (True, None), ([], None)]
)
def test_counts_are_whole_and_not_below_nothing(value: object, count: int | None) -> None:
    assert Node(value).count() == count


def test_an_item_that_cannot_be_read_is_a_warning_with_its_place() -> None:
    nodes = Node([{"title": "a"}, {"title": 3}, {"title": "b"}], "notes").items()
    found, warnings = read_each("here", nodes, titles)
    assert found == ["a", "b"]
    assert [each.problem for each in warnings] == [
        "left out, for notes[1].title is a number, not text"
    ]


def test_a_list_that_is_mostly_unreadable_is_refused_with_the_first_place() -> None:
    nodes = Node([{"title": "a"}, {"name": "b"}, {"name": "c"}], "notes").items()
    with pytest.raises(SourceError) as refused:
        read_each("here", nodes, titles)
    assert refused.value.problem == (
        "answers in a shape that Digest does not know: notes[1].title is missing; "
        "2 of 3 cannot be read"
    )


@settings(max_examples=60, deadline=None)
@given(json_of("a", "value"), st.sampled_from(["a", "value", "b"]))
def test_asking_for_what_is_optional_never_fails(value: object, name: str) -> None:
    node = Node(value).field(name)
    found = (node.text(), node.items(), node.number(), node.count(), node.day(), node.day_of_ms())
    assert len(found) == 6
