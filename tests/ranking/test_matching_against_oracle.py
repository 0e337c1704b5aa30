from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ranking import oracle
from tests.ranking.batches import batch, matches

VOCABULARY = (
    "graph graphs neural network networks multi modal multimodal pre training pretraining trained "
    "of the in model fine tuning finetuning data set datasets"
)
WORDS = st.sampled_from(VOCABULARY.split())


@st.composite
def phrases(draw: st.DrawFn, most: int) -> str:
    words = draw(st.lists(WORDS, min_size=1, max_size=most))
    joints = draw(st.lists(st.sampled_from("    -"), min_size=len(words), max_size=len(words)))
    return "".join(word + joint for word, joint in zip(words, joints, strict=True)).rstrip(" -")


@st.composite
def texts(draw: st.DrawFn) -> str:
    sentences = draw(st.lists(phrases(16), min_size=1, max_size=3))
    return ". ".join(sentence.capitalize() for sentence in sentences)


@settings(max_examples=100, deadline=None)
@given(phrases(4), st.lists(texts(), min_size=1, max_size=5))
def test_the_index_finds_what_the_plain_oracle_finds(phrase: str, abstracts: list[str]) -> None:
    found = matches(batch(*abstracts), phrase)
    titles = ["A paper"] * len(abstracts)
    expected = {
        number: kind
        for number, text in enumerate(abstracts)
        if (kind := oracle.kind_of_match(phrase, text, [*abstracts, *titles]))
    }
    assert {number: match.kind.value for number, match in found.items()} == expected
