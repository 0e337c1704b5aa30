import pytest

from digest.model.languages import LANGUAGES, known_language, preferred_language


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr-FR,fr;q=0.9,de;q=0.5,en;q=0.4", "de"),
        ("DE_ch;q=1, en", "en"),
        ("EN;q=0.3 , DE-ch ; Q=0.4", "de"),
        ("de;q=0", "en"),
        ("de;q=0.5,en;q=0.5", "de"),
        ("*", "en"),
        ("fr", "en"),
    ],
)
def test_a_browser_says_which_language_its_user_reads(accepted: str, expected: str) -> None:
    assert preferred_language(accepted) == expected


@pytest.mark.parametrize(
    "accepted",
    [
        ";;;,,,",
        "de;q=nan",
        "de;q=inf",
        "de;q=-1",
        "de;q=x",
        "q=1",
        "\x00",
        "x," * 5000 + "de",
        "-de",
    ],
)
def test_what_cannot_be_read_says_nothing(accepted: str) -> None:
    assert preferred_language(accepted) == "en"


def test_a_language_that_is_not_written_here_is_english() -> None:
    assert [known_language(code) for code in ("de", "xx", "", "DE")] == ["de", "en", "en", "en"]
    assert set(LANGUAGES) == {"en", "de"}
