import pytest

from digest.ranking.analysis import fold, sentences, stem, tokenize


def words(text: str) -> list[str]:
    return [token.word for token in tokenize(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Graph Neural Networks", ["graph", "neural", "networks"]),
        ("text/image and vision-language", ["text", "image", "and", "vision", "language"]),
        ("C++, C# and F#.", ["c++", "c#", "and", "f#"]),
        ("Alzheimer's", ["alzheimer"]),
        ("don't", ["don", "t"]),
        (r"\textbf{bold} $\alpha$-fair", ["bold", "fair"]),
        ("snake_case", ["snake", "case"]),
        ("\uff32\uff21\uff27 \ufb01ne", ["rag", "fine"]),
        ("Schr\u00f6dinger Poincare\u0301 Stra\u00dfe", ["schrodinger", "poincare", "strasse"]),
        (
            "\u0434\u0438\u0444\u0444\u0443\u0437\u0438\u044f",
            [fold("\u0434\u0438\u0444\u0444\u0443\u0437\u0438\u044f")],
        ),
    ],
)
def test_words_are_folded_and_parted(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_tokens_know_their_place_in_the_text_and_what_a_hyphen_glues() -> None:
    text = "Poincare\u0301 multi-modal nets"
    tokens = tokenize(text)
    assert [text[t.start : t.end] for t in tokens] == ["Poincare\u0301", "multi", "modal", "nets"]
    assert [t.is_glued for t in tokens] == [False, False, True, False]


def test_inflections_share_a_stem() -> None:
    assert stem("networks") == stem("network")
    assert stem("pretraining") == stem("pretrained")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three? Four", 4),
        ("We use e.g. Graph nets, i.e. GNNs. They win.", 2),
        ("Smith et al. (2020) and J. Doe et al. Show it.", 1),
        ("It gains 3.5 points. 7 models improve.", 2),
        ("See Fig. 3 and Eq. 4 w.r.t. The baseline.", 1),
        ("He said ``so.'' Then (see above.) Nothing more.", 3),
        ("A title\n\nand more", 2),
        ("no end of a sentence, vs. Nothing", 1),
        ("", 0),
    ],
)
def test_sentences_end_where_a_reader_would_say(text: str, count: int) -> None:
    found = sentences(text)
    assert len(found) == count
    assert all(text[start:end].strip() == text[start:end] for start, end in found)
