import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.sources.texts.html_text import abstract_of, decoded_again, is_marked_up, text_of


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("no tags", "no tags"),
        ("<p>one</p><p>two</p>", "one two"),
        ("one<br/>two", "one two"),
        ("CO<sub>2</sub> at 10<sup>3</sup>", "CO2 at 103"),
        ("R&amp;D &eacute; &#233; &copy;", "R&D \xe9 \xe9 \xa9"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("p<0.05 and <b>x</b>", "p<0.05 and x"),
        ("if x<y and z>w then <i>ok</i>", "if x<y and z>w then ok"),
        ("a<b", "a<b"),
        ("a<b and c>d", "a<b and c>d"),
        ("p<q for all <i>x</i>", "p<q for all x"),
        ("one<br />two<p class=a>three</p >", "one two three"),
        ("a <unknown> b", "a <unknown> b"),
        ("x<script>alert('<b>')</script><style>p{}</style>y", "xy"),
        ("<!-- <b>no</b> -->yes", "yes"),
        ("<a title='1>0' href='x'>t</a>", "t"),
        ("<jats:sec><jats:title>Aim</jats:title><jats:p>We</jats:p></jats:sec>", "Aim We"),
        ("<mml:math><mml:mi>x</mml:mi></mml:math>", "x"),
        ("", ""),
    ],
)
def test_text_is_what_a_reader_sees(fragment: str, text: str) -> None:
    assert " ".join(text_of(fragment).split()) == text


def test_a_heading_that_says_abstract_is_left_out() -> None:
    assert abstract_of("<jats:title>Abstract</jats:title><jats:p>We</jats:p>") == "We"
    assert abstract_of("Abstract methods are fine") == "Abstract methods are fine"


def test_what_was_encoded_twice_is_decoded_again() -> None:
    assert decoded_again("p &lt; 1 &amp; q") == "p < 1 & q"
    assert decoded_again("AT&T; R&D") == "AT&T; R&D"


def test_tags_are_told_from_signs() -> None:
    assert is_marked_up("a <b>c</b>")
    assert is_marked_up("a &amp; b")
    assert not is_marked_up("p < q, a<c and R&D")


@pytest.mark.parametrize("depth", [100_000])
@pytest.mark.parametrize(
    "piece", ["<div>", "<b>", "<", "&", "<!--", "<a ", "</p>", "<a b=", " =", "<a ="]
)
def test_hostile_fragments_are_read_at_once(piece: str, depth: int) -> None:
    text_of(piece * depth)


@settings(max_examples=60)
@given(st.text("<>/&;#x bpi!-\"'=\x00\ud800", max_size=40))
def test_no_fragment_raises(fragment: str) -> None:
    text_of(fragment)
    abstract_of(fragment)
