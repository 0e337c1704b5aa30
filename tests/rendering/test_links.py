from urllib.parse import parse_qs, urlsplit

import pytest

from digest.model.feeds import FeedFormat
from digest.model.papers import Link, LinkKind, PaperId, Scheme
from digest.rendering.links import Links, arxiv_search, huggingface_search, named_links
from digest.tokens import Purpose, Tokens
from tests.rendering import samples

TOKENS = Tokens(["one secret"])


def subject(purpose: Purpose, url: str) -> tuple[int, ...]:
    return TOKENS.verify(purpose, url.rpartition("/")[2])


def test_addresses_are_the_paths_the_web_application_mounts() -> None:
    links = Links("https://digest.example.org", TOKENS)
    assert links.home() == "https://digest.example.org/"
    assert links.paper(samples.paper(3)) == "https://digest.example.org/papers/p00003"
    assert links.feed_page("trending") == "https://digest.example.org/feeds/trending"
    assert links.feed("trending", FeedFormat.RSS) == "https://digest.example.org/feeds/trending.rss"


def test_a_slash_at_the_end_of_the_base_changes_nothing() -> None:
    assert Links("http://x.example/sub/", TOKENS).home() == "http://x.example/sub/"
    assert Links("http://x.example/sub", TOKENS).home() == "http://x.example/sub/"


def test_names_are_quoted() -> None:
    assert Links("http://x", TOKENS).feed_page("a/b c").endswith("/feeds/a%2Fb%20c")


def test_a_readers_links_carry_who_and_which_version() -> None:
    links = Links("http://x", TOKENS)
    reader = samples.subscriber(id=5, token_version=3)
    assert subject(Purpose.PREFERENCES, links.preferences(reader)) == (5, 3)
    assert links.pause(reader) == f"{links.preferences(reader)}/pause"
    assert subject(Purpose.ISSUE, links.issue(reader, 77)) == (77, 3)
    assert subject(Purpose.UNSUBSCRIBE, links.unsubscribe(reader)) == (5, 3)
    assert subject(Purpose.UNSUBSCRIBE, links.one_click(reader)) == (5, 3)
    seconds = int(samples.MORNING.timestamp())
    assert subject(Purpose.CONFIRM, links.confirm(reader, samples.MORNING)) == (5, 3, seconds)


def test_a_paper_with_an_id_is_linked_and_one_without_is_searched_for() -> None:
    with_id = {link.label: link.url for link in named_links(samples.paper(3))}
    assert with_id["arXiv"] == "https://arxiv.org/abs/2603.01234"
    without = {link.label: link.url for link in named_links(samples.paper(1))}
    assert without["Find on arXiv"] == arxiv_search(samples.paper(1).title)
    assert without["Find on Hugging Face"] == huggingface_search(samples.paper(1).title)


def test_a_paper_that_came_out_elsewhere_leads_to_its_own_page_first() -> None:
    page = "https://www.biorxiv.org/content/10.1101/2026.03.01.000001v1"
    links = (
        Link(LinkKind.PAPER, page),
        Link(LinkKind.PDF, f"{page}.full.pdf"),
        Link(LinkKind.CODE, "https://github.com/a/b"),
    )
    preprint = PaperId(Scheme.DOI, "10.1101/2026.03.01.000001")
    named = named_links(samples.paper(1, links=links, ids=(preprint,)))
    assert [link.label for link in named] == ["Paper on biorxiv.org", "PDF", "Code on github.com"]
    published = named_links(
        samples.paper(1, links=links, ids=(preprint, PaperId(Scheme.DOI, "10.1234/k")))
    )
    assert [link.label for link in published][:3] == ["Paper on biorxiv.org", "DOI", "PDF"]


def test_a_paper_known_by_its_doi_alone_is_not_searched_for() -> None:
    named = named_links(samples.paper(1, links=(), ids=(PaperId(Scheme.DOI, "10.1234/k"),)))
    assert [(link.label, link.url) for link in named] == [("DOI", "https://doi.org/10.1234/k")]


def test_a_paper_on_arxiv_has_its_pdf_after_it() -> None:
    links = (Link(LinkKind.PDF, "https://arxiv.org/pdf/2603.01234"),)
    named = named_links(samples.paper(1, links=links, ids=(PaperId(Scheme.ARXIV, "2603.01234"),)))
    assert [link.label for link in named] == ["arXiv", "Hugging Face", "PDF"]


def test_a_label_says_where_the_link_goes() -> None:
    assert named_links(samples.paper(1))[0].label == "Code on github.com"
    assert named_links(samples.paper(6))[0].label == "yeast.example.com"


def test_a_search_leaves_out_the_signs_of_mathematics() -> None:
    query = parse_qs(urlsplit(arxiv_search("Bounds of $\\mathcal{O}(n^2)$")).query)
    assert query["query"] == ["Bounds of mathcal O (n 2)"]


def test_a_lone_surrogate_does_not_stop_a_search() -> None:
    assert arxiv_search("a \ud800 title").endswith("query=a+title")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "//example.org/x",
        "http://[broken",
        'https://example.org/"onclick="x',
        "https://example.org/a b",
        "https://example.org/\u202e",
        "https://example.org/" + "a" * 600,
        "mailto:ada@example.org",
    ],
)
def test_what_is_no_plain_web_address_is_left_out(url: str) -> None:
    links = named_links(samples.paper(1, links=(Link(LinkKind.CODE, url),)))
    assert [link.label for link in links] == ["Find on arXiv", "Find on Hugging Face"]


def test_the_same_address_is_shown_once_and_many_are_cut() -> None:
    link = Link(LinkKind.CODE, "https://example.org/1")
    assert len(named_links(samples.paper(1, links=(link, link)))) == 3
    many = tuple(Link(LinkKind.DATA, f"https://example.org/{n}") for n in range(50))
    assert len(named_links(samples.paper(1, links=many))) == 8
