from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.errors import ExpressionError
from digest.model.subscribers import MAX_EXPRESSION
from digest.ranking.query import Expression, Scope, Style, Term, parse


@pytest.mark.parametrize(
    ("written", "term"),
    [
        ("graph neural networks", Term(("graph", "neural", "networks"))),
        ("  Graph   NEURAL networks ", Term(("graph", "neural", "networks"))),
        ('"graph neural network"', Term(("graph", "neural", "network"), Style.CONSECUTIVE)),
        ("\u201cgraph network\u201d", Term(("graph", "network"), Style.CONSECUTIVE)),
        ('="Objectivity"', Term(("objectivity",), Style.VERBATIM)),
        ("RAG", Term(("RAG",), Style.CAPITALS)),
        ("LLMs", Term(("LLMs",), Style.CAPITALS)),
        ("3D", Term(("3D",), Style.CAPITALS)),
        ("2024", Term(("2024",))),
        ("A", Term(("a",))),
        ("QoE", Term(("QoE",), Style.CAPITALS)),
        ("LoRA", Term(("LoRA",), Style.CAPITALS)),
        ("mAP", Term(("mAP",), Style.CAPITALS)),
        ("cGANs", Term(("cGANs",), Style.CAPITALS)),
        ("ResNets", Term(("ResNets",), Style.CAPITALS)),
        ("DenseNet", Term(("densenet",))),
        ("Bert", Term(("bert",))),
        ("eBay", Term(("ebay",))),
        ("LoRA adapters", Term(("lora", "adapters"))),
        ("author:LeCun", Term(("lecun",), scope=Scope.AUTHOR)),
        ("RAG systems", Term(("rag", "systems"))),
        ("diffus*", Term(("diffus*",))),
        ("title:diffusion models", Term(("diffusion", "models"), scope=Scope.TITLE)),
        ("Title: RAG", Term(("RAG",), Style.CAPITALS, Scope.TITLE)),
        ('author:"Yann LeCun"', Term(("yann", "lecun"), Style.CONSECUTIVE, Scope.AUTHOR)),
        ("C++", Term(("c++",))),
        ("C#", Term(("c#",))),
        ("GPT-4", Term(("gpt-4",))),
        ("R&D", Term(("r&d",))),
        ("research & development", Term(("research", "development"))),
        ("Alzheimer's disease", Term(("alzheimer", "disease"))),
        ("graphs: a survey", Term(("graphs", "a", "survey"))),
        ("vision \u2013 language", Term(("vision", "language"))),
        ("\u00abgraph network\u00bb", Term(("graph", "network"), Style.CONSECUTIVE)),
        ("AND", Term(("AND",), Style.CAPITALS)),
        ("search and rescue", Term(("search", "and", "rescue"))),
        ("cat:cs.CL", Term(("cs.CL",), scope=Scope.CATEGORY)),
        ("CAT: CS.cl", Term(("CS.cl",), scope=Scope.CATEGORY)),
        ("cat:cs.*", Term(("cs.*",), scope=Scope.CATEGORY)),
        ("cat:hep-*", Term(("hep-*",), scope=Scope.CATEGORY)),
        ("cat:cond-mat.mtrl-sci", Term(("cond-mat.mtrl-sci",), scope=Scope.CATEGORY)),
        ("cat:math-ph", Term(("math-ph",), scope=Scope.CATEGORY)),
    ],
)
def test_one_term_is_read_as_written(written: str, term: Term) -> None:
    assert parse(written) == Expression(((term,),))


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("a|b", "a | b"),
        ("a  + b|c", "a + b | c"),
        ("a+b", "a + b"),
        ("a | a", "a"),
        ("c++ + Rust", "c++ + rust"),
        ("Diffusion -survey", "diffusion -survey"),
        ("-survey + diffusion", "diffusion -survey"),
        ('diffusion -"Case Study" -review', 'diffusion -"case study" -review'),
        ("-survey -title:benchmark", "-survey -title:benchmark"),
        ("diffusion ^2", "diffusion^2"),
        ("diffusion^0.50", "diffusion^0.5"),
        ("diffusion^1", "diffusion"),
        ("title: graph nets | RAG", "title:graph nets | RAG"),
        ("diffusion^.5", "diffusion^0.5"),
        ("diffusion^10", "diffusion^10"),
        ("diffusion^0.1", "diffusion^0.1"),
        ("self-supervised learning", "self-supervised learning"),
        ("diffusion \u2013survey \u2014review", "diffusion -survey -review"),
        ("quality of experience (QoE)", "quality of experience | QoE"),
        ("Quality of Experience(QoE)", "quality of experience | QoE"),
        ("large language models ( LLMs )^2", "large language models | LLMs^2"),
        ('"internet of things" (IoT) -survey', '"internet of things" | IoT -survey'),
        ("electroencephalography (EEG)", "electroencephalography | EEG"),
        ("a | low-rank adaptation (LoRA) | b", "a | low-rank adaptation | LoRA | b"),
        ("a b (AB) | c d (CD)", "a b | AB | c d | CD"),
        ("cat:cs.CL + transformers", "cat:cs.CL + transformers"),
        ("transformers+cat:cs.*", "transformers + cat:cs.*"),
        ("transformers -cat:cs.CV", "transformers -cat:cs.CV"),
        ("-cat:q-bio.NC", "-cat:q-bio.NC"),
        ("cat:cs.CL|cat:cs.LG^2", "cat:cs.CL | cat:cs.LG^2"),
    ],
)
def test_the_normal_form_is_what_is_shown_back(written: str, normal: str) -> None:
    assert str(parse(written)) == normal
    assert parse(normal) == parse(written)


@pytest.mark.parametrize(
    ("written", "position", "word"),
    [
        ("", 0, "nothing"),
        ("   ", 0, "nothing"),
        ("...", 0, "no word"),
        ("a |", 2, "Nothing follows"),
        ("| a", 0, "before the |"),
        ("+ a", 0, "before the +"),
        ("a | + b", 4, "Two operators"),
        ("a OR b", 2, "|"),
        ("a AND b", 2, "+"),
        ("foo (bar)", 4, "Parentheses"),
        ("a, b", 1, "One interest a line"),
        ("a; b", 1, "One interest a line"),
        ('"never closed', 0, "never closed"),
        ('a + ""', 4, "no word"),
        ("=objectivity", 0, "quotes"),
        ('="verb*"', 6, "no *"),
        ('"a" "b"', 4, "+ (both)"),
        ("a title:b", 2, "field"),
        ("abstract:x", 0, "no such field"),
        ("foo owl:sameas", 4, "no such field"),
        ("(QoE)", 0, "Parentheses"),
        ("author:ada (QoE)", 11, "Parentheses"),
        ("cat:cs.CL (QoE)", 10, "Parentheses"),
        ("title:(QoE)", 6, "Parentheses"),
        ("-(QoE)", 1, "Parentheses"),
        ("a | (QoE)", 4, "Parentheses"),
        ("quality of experience (qoe)", 22, "Parentheses"),
        ("quality of experience (quality)", 22, "Parentheses"),
        ("quality) of", 7, "Parentheses"),
        ("quality of experience (QoE", 22, "Parentheses"),
        ("QoE (quality of experience)", 4, "Parentheses"),
        ("a b (AB) (AC)", 9, "Parentheses"),
        ("a -b (AB)", 5, "Parentheses"),
        ("a b (AB) c", 9, "end of its phrase"),
        ("a b (AB) + c", 9, "without parentheses"),
        ("a b (AB) -x + c", 12, "without parentheses"),
        ("c + a b (AB)", 8, "without parentheses"),
        ("title:a b (AB)", 10, "| title:AB"),
        ("cat:", 3, "Name a category"),
        ("cat: | a", 5, "Name a category"),
        ("a -cat:^2", 7, "Name a category"),
        ("cat:*", 4, "Name a category"),
        ("cat:cs", 4, "cat:cs.*"),
        ("cat:cs.C*L", 9, "at the end only"),
        ("cat:cs..CL", 6, "single dots"),
        ("cat:cs_CL", 6, "letters, digits"),
        ("cat:cs.\u00c9", 6, "letters, digits"),
        ('cat:"cs.CL"', 4, "letters, digits"),
        ("cat:cs.CL, cs.LG", 9, "cat:cs.CL | cat:cs.LG"),
        ("cat:cs.CL transformers", 10, "+ (both)"),
        ("transformers cat:cs.CL", 13, "field"),
        ("title:", 5, "no word"),
        ("title: | a", 7, "no word"),
        ("author:lec*", 10, "no *"),
        ('author:"yann lec*"', 16, "no *"),
        ("a && b", 2, "+ instead"),
        ("transformers !survey", 13, "-word"),
        ("a NOT b", 2, "-"),
        ("a^2,5", 3, "two decimals"),
        ("a^0.125", 6, "two decimals"),
        ("a^.05", 1, "0.1 to 10"),
        ("a | ^2", 4, "between the |"),
        ("a -b + ^2", 7, "between the +"),
        ("object - relation", 7, "leave it out"),
        ("type -2 diabetes", 8, "one word"),
        ('a | "b" c', 8, "+ (both)"),
        ("diffus**", 6, "end of a word"),
        ("di*", 2, "3 letters"),
        ("*fusion", 0, "end of a word"),
        ("dif*usion", 3, "end of a word"),
        ("a^", 1, "0.1 to 10"),
        ("a^20", 1, "0.1 to 10"),
        ("a^0.01", 1, "0.1 to 10"),
        ("a^2 b", 3, "at the end"),
        ("^2", 0, "before it"),
        ("-survey^2", 7, "before it"),
        ("a -", 2, "right after"),
        ("a | -b", 4, "no alternative"),
        ("-case study", 6, "one word"),
        ('a -"x"-"y"', 6, "space"),
        ("x" * 81, 80, "at most 80"),
    ],
)
def test_an_error_points_at_the_place_in_a_sentence(written: str, position: int, word: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(written)
    assert caught.value.position == position
    assert caught.value.expression == written
    assert word in caught.value.problem
    assert caught.value.problem.endswith(".")


_SNIPPETS = st.lists(
    st.sampled_from(
        [
            *(
                "graph",
                "RAG",
                "LoRA",
                "c++",
                "di",
                "diffus",
                "cs.CL",
                "hep",
                "survey",
                "1",
                "\\alpha",
            ),
            *("|", "+", "-", " ", " ", " ", " | ", " + ", " -", "*", ".", "&", "&&", "!", ":", "="),
            *('"', '="', "\u201c", "\u00bb", "(", ")", "(QoE)", " (LLMs)", ",", "'s", "\u2013"),
            *("title:", "author:", "cat:", "Cat: ", "foo:", "^2", "^0.55", "^.5", "AND", "NOT "),
            *("\u0130", "\u00df", "\u00e9", "\u00bd", "\ufb01", "\u00ad", "\uff0a", "\x00"),
        ]
    ),
    max_size=20,
).map("".join)


@given(st.one_of(st.text(max_size=90), _SNIPPETS))
@example("a" * 40 + "|" + "b" * 39)
@example("a" * 75 + "(ABC)")
@example("\u0130" * 80)
@example("'title:x")
@example("foo 'title:x")
def test_whatever_is_written_is_read_or_refused_and_its_normal_form_means_the_same(
    written: str,
) -> None:
    try:
        parsed = parse(written)
    except ExpressionError as error:
        place, sentence = error.position, error.problem
    else:
        place, sentence = 0, "None."
        normal = str(parsed)
        assert len(normal) <= MAX_EXPRESSION
        assert parse(normal) == parsed
        assert str(parse(normal)) == normal
        assert parsed.key.key == parsed.key == parse(normal).key == parse(str(parsed.key))
    assert 0 <= place <= len(written)
    assert sentence.endswith(".")


_WORDS = st.text("abcXYZ019-", min_size=1, max_size=6)


@given(st.one_of(st.lists(_WORDS, max_size=6).map(" ".join), st.sampled_from(["a AND b", "NOT"])))
@example("a" * 81)
def test_a_plain_phrase_takes_a_short_cut_to_the_same_result(phrase: str) -> None:
    def outcome(written: str) -> Expression | str:
        try:
            return parse(written)
        except ExpressionError as error:
            return error.problem

    assert outcome(phrase) == outcome(" " + phrase)  # the space takes it the long way


_PHRASES = ["new nets", "RAG", "LoRA", '"deep net"', '="as is"', "title:x", "diffus*", "c++"]
_TERMS = st.sampled_from([*_PHRASES, "author:ada", "cat:cs.CL", "cat:hep-*", "title:QoS"])


@st.composite
def _expressions(draw: st.DrawFn) -> tuple[list[list[str]], list[str], str]:
    alternatives = draw(st.lists(st.lists(_TERMS, min_size=1, max_size=2), max_size=2))
    least = 0 if alternatives else 1
    excluded = draw(
        st.lists(_TERMS.filter(lambda term: term != "new nets"), min_size=least, max_size=2)
    )
    weight = draw(st.sampled_from(["", "^2", "^.5", "^9.99"])) if alternatives else ""
    return alternatives, excluded, weight


@given(_expressions(), st.randoms(use_true_random=False))
def test_order_spacing_case_and_weight_make_no_other_key(
    made: tuple[list[list[str]], list[str], str], random: Random
) -> None:
    alternatives, excluded, weight = made
    one = " | ".join(" + ".join(terms) for terms in alternatives)
    one += "".join(f" -{term}" for term in excluded) + weight
    shuffled = [random.sample(terms, len(terms)) for terms in alternatives]
    random.shuffle(shuffled)
    other = "|".join("  + ".join(terms) for terms in shuffled)
    other += "".join(f"  -{term}" for term in random.sample(excluded, len(excluded)))
    other = other.replace("new nets", "New  NETS").replace("cs.CL", "CS.cl")

    assert parse(one).key == parse(other).key
    assert str(parse(one)) == str(parse(str(parse(one))))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("b | a", "a | b^2"),
        ("LLM", "LLMs"),
        ("\u201ca b\u201d", '"A B"'),
        ("cat:CS.CL", "cat:cs.cl"),
        ("quality of experience (QoE)", "QoE | quality of experience"),
        ("LLMs | LLM", "LLM"),
    ],
)
def test_readers_who_ask_the_same_share_a_key(one: str, other: str) -> None:
    assert parse(one).key == parse(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("network", "networks"),
        ("multi-modal", "multi modal"),
        ("RAG", "rag"),
        ("LoRA", "LORA"),
        ("graph nets", '"graph nets"'),
        ("graph nets", "nets graph"),
        ("a + b | c", "a | b + c"),
        ("a -b", "a -c"),
    ],
)
def test_what_may_find_other_papers_has_another_key(one: str, other: str) -> None:
    assert parse(one).key != parse(other).key
