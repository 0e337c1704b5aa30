import pytest
from lxml import html as lxml_html

from digest.model.digests import DigestEdition, Field, MatchKind, Reason
from digest.rendering.environment import web_environment
from digest.rendering.reasons import Ground, manner, why
from tests.rendering import samples


def reason(
    kind: MatchKind, expression: str = "RAG", field: Field = Field.ABSTRACT, *, spans: bool = True
) -> Reason:
    return Reason(expression, kind, field, "A sentence.", ((0, 1),) if spans else (), 0.5)


def joined(grounds: tuple[Ground, ...]) -> str:
    return "".join(ground.text for ground in grounds)


def told(*reasons: Reason) -> str:
    return joined(why(reasons).grounds)


def in_mail(edition: DigestEdition) -> tuple[str, str]:
    """Return the reason that either part of a mail gives, as one line without marks."""
    mail = samples.renderer().digest(edition)
    html = " ".join(lxml_html.fromstring(mail.html).find_class("why")[0].text_content().split())
    start = mail.text.index("  Why: ") + len("  Why: ")
    text = " ".join(mail.text[start : mail.text.index("\n\n", start)].replace("*", "").split())
    return html, text


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (MatchKind.PHRASE, "RAG"),
        (MatchKind.NEAR, "RAG (its words close together)"),
        (MatchKind.ACRONYM, "RAG"),
        (MatchKind.WORDS, "mentions words of RAG"),
        (MatchKind.RELATED, "related to RAG"),
        (MatchKind.LIKED, "like \u201cRAG\u201d, which you liked"),
    ],
)
def test_every_kind_of_match_has_its_words(kind: MatchKind, expected: str) -> None:
    assert told(reason(kind)) == expected


def test_grounds_of_one_kind_are_listed_and_others_are_told_apart() -> None:
    phrases = reason(MatchKind.PHRASE, "GNN"), reason(MatchKind.NEAR, "RAG^2")
    assert told(*phrases) == "GNN, RAG (its words close together)"
    liked = reason(MatchKind.LIKED, "Robots^2 and Us", spans=False)
    related = reason(MatchKind.RELATED, "robots", spans=False)
    assert told(liked, related) == (
        "like \u201cRobots^2 and Us\u201d, which you liked; related to robots"
    )


def test_what_the_quoted_sentence_does_not_show_stands_after_it() -> None:
    phrase, liked = reason(MatchKind.PHRASE, "GNN"), reason(MatchKind.LIKED, "Robots")
    related = reason(MatchKind.RELATED, "arms", spans=False)
    found = why([liked, phrase, related])
    assert (joined(found.grounds), found.quoted) == ("GNN", phrase)
    assert joined(found.besides) == "like \u201cRobots\u201d, which you liked; related to arms"
    weak = why([related, liked])
    assert weak.quoted == liked
    assert joined(weak.besides) == "related to arms"


def test_a_thing_is_told_once_and_three_at_most() -> None:
    many = [reason(MatchKind.PHRASE, f"i{n // 2}") for n in range(10)]
    assert told(*many) == "i0, i1, i2"


def test_the_title_is_named_only_where_it_matched_and_nothing_is_quoted() -> None:
    in_title = reason(MatchKind.PHRASE, field=Field.TITLE)
    assert told(in_title) == "RAG, in the title"
    assert told(in_title, reason(MatchKind.PHRASE, "GNN")) == "RAG, GNN"
    related = reason(MatchKind.RELATED, "robots", Field.TITLE, spans=False)
    assert told(in_title, related) == "RAG, in the title; related to robots"
    assert told(reason(MatchKind.PHRASE, 'author:"ada"', Field.TITLE, spans=False)) == (
        'author:"ada"'
    )


def test_a_long_liked_title_is_shortened() -> None:
    assert len(told(reason(MatchKind.LIKED, "word " * 80))) < 130


def test_both_parts_say_the_same_of_every_kind() -> None:
    for kind in MatchKind:
        html, text = in_mail(samples.reasoned_edition(kind))
        assert html[0] == text[0].upper() or html == text
        assert html[1:] == text[1:]
    mixed = in_mail(samples.reasoned_edition(MatchKind.RELATED, MatchKind.PHRASE))
    assert mixed[0] == mixed[1]
    assert mixed[0].endswith("why a passage was found. Also related to related interest.")
    html, _ = in_mail(samples.reasoned_edition(MatchKind.LIKED))
    assert html.startswith(
        "Like \u201cRetrievers <Revisited>\u201d, which you liked: Dense retrievers are judged"
    )


def test_related_is_never_called_about() -> None:
    html, text = in_mail(samples.reasoned_edition(MatchKind.RELATED, spans=False))
    assert (html, text) == ("Related to related interest", "related to related interest")


def test_without_marks_no_sentence_is_quoted_twice() -> None:
    html, text = in_mail(samples.reasoned_edition(*MatchKind, spans=False))
    expected = "phrase interest, near interest (its words close together), acronym interest"
    assert (html, text) == (expected, expected)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (MatchKind.PHRASE, ""),
        (MatchKind.NEAR, "Its words close together: "),
        (MatchKind.WORDS, "Mentions some of its words: "),
        (MatchKind.RELATED, "Related in meaning: "),
    ],
)
def test_pages_say_how_a_paper_met_the_keyword_above_it(kind: MatchKind, expected: str) -> None:
    assert manner(reason(kind)) == expected
    rendered = web_environment().from_string("{{ each|manner }}").render(each=reason(kind))
    assert rendered == expected
