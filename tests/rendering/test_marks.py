from digest.model.digests import Field, MatchKind, Reason
from digest.rendering.environment import marked, starred
from digest.rendering.marks import pieces


def reason(sentence: str, *spans: tuple[int, int]) -> Reason:
    return Reason("x", MatchKind.PHRASE, Field.ABSTRACT, sentence, spans, 1.0)


def test_what_matched_is_told_from_what_stands_around_it() -> None:
    found = pieces(reason("a graph and a net", (2, 7), (14, 17)), 100)
    assert [(piece.text, piece.is_match) for piece in found] == [
        ("a ", False),
        ("graph", True),
        (" and a ", False),
        ("net", True),
    ]


def test_spans_that_do_not_fit_are_passed_over() -> None:
    found = pieces(reason("short", (3, 99), (-1, 2), (4, 4), (2, 1)), 100)
    assert [piece.text for piece in found] == ["short"]
    overlapping = pieces(reason("overlap", (0, 4), (2, 6)), 100)
    assert starred(overlapping) == "*over*lap"


def test_a_long_sentence_is_cut_around_the_match() -> None:
    sentence = "before " * 60 + "the match" + " after" * 60
    at = sentence.index("match")
    cut = starred(pieces(reason(sentence, (at, at + 5)), 100))
    assert "*match*" in cut
    assert cut.startswith("\u2026before ")
    assert cut.endswith(" after\u2026")
    assert len(cut) <= 104


def test_a_match_longer_than_the_space_for_it_stays_whole() -> None:
    sentence = "x" * 50 + "m" * 200 + "y" * 50
    assert f"*{'m' * 200}*" in starred(pieces(reason(sentence, (50, 250)), 100))


def test_a_sentence_without_spans_is_cut_at_its_end() -> None:
    assert starred(pieces(reason("word " * 50), 30)).endswith("word\u2026")
    assert pieces(reason(""), 30) == ()


def test_marked_html_is_escaped_on_both_sides_of_the_mark() -> None:
    html = marked(reason("<b> & <i>", (6, 9)))
    assert html == "&lt;b&gt; &amp; <mark>&lt;i&gt;</mark>"
