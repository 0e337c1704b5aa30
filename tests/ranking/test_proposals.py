"""Which keywords a library proposes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.libraries import Work
from digest.ranking.archive import Archive
from digest.ranking.proposals import MOST, propose
from digest.ranking.query import parse

PAPERS = [
    (f"A paper on subject {n}", f"We study a new method for problem {n} with deep learning.")
    for n in range(60)
]
ARCHIVE = Archive.of(PAPERS, is_latent=False)
EMPTY = Archive.of([], is_latent=False)

TEA = [
    "Graph brewing for tea leaves",
    "Graph brewing with deep learning",
    "A survey of graph brewing",
    "Kettles that learn: graph brewing revisited",
]
BOATS = [
    "Hull design for rowing boats",
    "Rowing boats in shallow water",
    "Fast rowing boats",
    "On rowing boats and deep learning",
]


def proposed(*works: Work, archive: Archive = ARCHIVE, known: tuple[str, ...] = ()) -> list[str]:
    return [each.expression for each in propose(works, archive, known)]


def titled(*titles: str) -> list[Work]:
    return [Work(title) for title in titles]


def test_what_recurs_here_and_not_elsewhere_is_proposed_and_each_topic_has_its_share() -> None:
    found = proposed(*titled(*TEA, *BOATS))
    assert set(found[:2]) == {"graph brewing", "rowing boats"}
    assert "deep learning" not in found


def test_a_proposal_says_in_how_many_works_it_stands_and_in_which() -> None:
    (first, *_) = propose(titled(*TEA), ARCHIVE)
    assert (first.expression, first.works, first.chosen) == ("graph brewing", 4, 0)
    assert first.examples == tuple(TEA[:3])


def test_nothing_is_proposed_that_a_reader_has_in_any_inflection() -> None:
    for known in ("graph brewing", '"graph brewings"', "kettles | graph brewing"):
        assert "graph brewing" not in proposed(*titled(*TEA), known=(known,))


def test_a_part_of_what_a_reader_has_is_not_proposed() -> None:
    found = proposed(*titled(*TEA, *BOATS), known=("graph brewing",))
    assert not [each for each in found if {"graph", "brewing"} & set(each.split())]


def test_what_joins_words_in_other_languages_is_no_keyword_but_for_names() -> None:
    french = ("Les modèles de langue", "Théorie des modèles de langue", "Sur la langue")
    found = proposed(*titled("Die Tiefe der Meere", "Über die Tiefe der Meere", *french, *TEA))
    assert not {"de", "der", "die", "la", "les"} & {word for each in found for word in each.split()}
    names = ("De Rham cohomology", "Notes on de Rham cohomology", "The de Rham cohomology of rings")
    assert "de rham cohomology" in proposed(*titled(*names, *TEA))
    forces = ("Van der Waals forces", "On van der Waals forces", "Weak van der Waals forces")
    assert "van der waals forces" in proposed(*titled(*forces, *TEA))


def test_what_two_abstracts_say_in_passing_is_no_proposal_and_what_three_say_is_one() -> None:
    said = "We warm the pot. Copper kettles."
    others = titled(*BOATS)
    assert "copper kettles" not in proposed(*others, *[Work("Cups", said), Work("Jugs", said)])
    three = [Work("Cups", said), Work("Jugs", said), Work("Trays", said)]
    assert "copper kettles" in proposed(*others, *three)


def test_inflections_and_parts_of_a_phrase_are_one() -> None:
    found = proposed(*titled("Tea tree roots", "The tea tree root", "Tea tree roots"))
    assert sum("tree" in each or "root" in each for each in found) == 1


def test_an_acronym_and_its_long_form_are_one_proposal() -> None:
    works = [
        Work("Graded leaf handling (GLH) in autumn"),
        Work("GLH for beginners"),
        Work("Better GLH"),
        Work("Graded leaf handling on slopes"),
        Work("Graded leaf handling, again"),
    ]
    (only,) = propose(works, ARCHIVE)
    assert (only.expression, only.works) == ("graded leaf handling", 5)


def test_an_acronym_alone_keeps_its_letters() -> None:
    assert "GLHF" in proposed(*titled("GLHF at work", "Why GLHF", "Against GLHF"))


def test_keywords_and_tags_count_and_those_of_software_do_not() -> None:
    junk = ("to read", "_tablet", "Computer Science - Machine Learning", "unread", "12", "*")
    works = [Work(keywords=(*junk, "Leaf Reading"))] * 6
    (only,) = propose(works, ARCHIVE)
    assert (only.expression, only.chosen) == ("leaf reading", 6)


def test_authors_of_much_of_a_library_come_last() -> None:
    works = [Work(title, authors=("Ada Leaf", f"Bo Cup {n}")) for n, title in enumerate(TEA)]
    assert proposed(*works)[-1] == 'author:"Ada Leaf"'


def test_a_site_without_papers_proposes_what_recurs() -> None:
    assert "graph brewing" in proposed(*titled(*TEA), archive=EMPTY)


def test_no_works_propose_nothing() -> None:
    assert propose([], ARCHIVE) == []


TEXT = st.text(st.sampled_from("aB cD-e(f)'\"|+:*^,.;éß中1 \\"), max_size=60)
WORKS = st.builds(Work, TEXT, TEXT, st.lists(TEXT, max_size=3).map(tuple))


@settings(max_examples=25, deadline=None)
@given(st.lists(WORKS, max_size=6))
def test_every_proposal_can_be_read(works: list[Work]) -> None:
    works = works * 2
    found = propose(works, EMPTY)
    assert len(found) <= MOST
    for each in found:
        assert parse(each.expression).alternatives
        assert len(each.expression) <= 80
