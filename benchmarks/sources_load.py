"""Big answers of every kind of source, about papers that do not exist, and a client that gives them.

Each is in the shape that the service documents, with pages as it divides them. A kind more of source
is a line in ANSWERS.
"""

import io
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from email.utils import format_datetime
from functools import cache
from html import escape
from itertools import accumulate
from typing import NamedTuple

from digest.clock import utc_now
from digest.sources.client.http import Answer, Client

TODAY = date(2026, 3, 17)
_MOMENT = f"{TODAY}T10:00:00Z"
_WORDS = 40_000


class Text(NamedTuple):
    """A paper as far as every service tells of it."""

    number: int
    title: str
    abstract: str

    @property
    def arxiv(self) -> str:
        """Its number on arXiv."""
        return f"{2601 + self.number // 100_000}.{self.number % 100_000:05}"


Ask = Callable[[str, Mapping[str, str]], str]
"""What a service answers to an address and its parameters."""


@dataclass
class Canned(Client):
    """A client that asks a function, once for each question, so that reading is measured alone."""

    ask: Ask = lambda _url, _params: ""
    said: dict[str, bytes] = field(default_factory=dict)

    def get(
        self,
        name: str,  # noqa: ARG002  the client's
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002  the client's
        validators: str = "",  # noqa: ARG002  the client's
    ) -> Answer:
        """Return what the function says."""
        question = f"{url} {params}"
        if question not in self.said:
            self.said[question] = self.ask(url, params or {}).encode()
        body = self.said[question]
        kind = "application/json" if body[:1] in b"[{" else "application/xml"
        return Answer(url, kind, io.BytesIO(body))

    def post(
        self,
        name: str,
        url: str,
        params: Mapping[str, str],
        body: object,  # noqa: ARG002  the client's
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return what the function says."""
        return self.get(name, url, params, headers=headers)


@cache
def texts(papers: int, seed: int = 7) -> tuple[Text, ...]:
    """Return papers with words as unevenly frequent as those of a language."""
    dice = random.Random(seed)  # noqa: S311  a generator that gives the same papers every time
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(dice.choices(letters, k=dice.randint(2, 12))) for _ in range(_WORDS)]
    weights = list(accumulate(1 / (rank + 5) for rank in range(_WORDS)))
    return tuple(
        Text(
            number,
            " ".join(dice.choices(words, cum_weights=weights, k=9)).title() + f" {number}",
            " ".join(dice.choices(words, cum_weights=weights, k=180)).capitalize() + ".",
        )
        for number in range(papers)
    )


def _arxiv(papers: Sequence[Text]) -> Ask:
    stated = format_datetime(utc_now().replace(TODAY.year, TODAY.month, TODAY.day, 4))
    items = "".join(
        f"<item><title>{escape(each.title)}</title><link>https://arxiv.org/abs/{each.arxiv}</link>"
        f"<description>arXiv:{each.arxiv}v1 Announce Type: new \nAbstract: {each.abstract}"
        f'</description><guid isPermaLink="false">oai:arXiv.org:{each.arxiv}v1</guid>'
        f"<category>cs.CL</category><category>cs.LG</category><pubDate>{stated}</pubDate>"
        "<arxiv:announce_type>new</arxiv:announce_type><dc:rights>x</dc:rights>"
        "<dc:creator>Ann Lee, Bo Ray (Harbour, Hill), Cy Fox</dc:creator></item>\n"
        for each in papers
    )
    whole = (
        '<?xml version="1.0" encoding="UTF-8"?><rss xmlns:arxiv="http://arxiv.org/schemas/atom" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel><title>cs.CL</title>'
        f"{items}</channel></rss>"
    )
    return lambda _url, _params: whole


def _arxiv_api(papers: Sequence[Text]) -> Ask:
    entries = [
        f"<entry><id>http://arxiv.org/abs/{each.arxiv}v1</id><updated>{_MOMENT}</updated>"
        f"<published>{_MOMENT}</published><title>{each.title}</title>"
        f"<summary>{each.abstract}</summary><author><name>Ann Lee</name></author>"
        "<author><name>Bo Ray</name></author><author><name>Cy Fox</name></author>"
        f'<link title="pdf" href="http://arxiv.org/pdf/{each.arxiv}v1" rel="related"/>'
        '<category term="cs.CL"/><category term="cs.LG"/><arxiv:primary_category term="cs.CL"/>'
        "</entry>\n"
        for each in papers
    ]

    def ask(_url: str, params: Mapping[str, str]) -> str:
        start, size = int(params["start"]), int(params["max_results"])
        return (
            '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" '
            'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"><opensearch:totalResults>'
            f"{len(entries)}</opensearch:totalResults>{''.join(entries[start : start + size])}</feed>"
        )

    return ask


def oai_page(papers: Sequence[Text], token: str) -> str:
    """Return a page of OAI-PMH with papers, and with where the next page is unless that is ""."""
    records = "".join(
        f"<record><header><identifier>oai:arXiv.org:{each.arxiv}</identifier><datestamp>{TODAY}"
        "</datestamp><setSpec>cs:cs:CL</setSpec></header><metadata>"
        f'<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>{each.arxiv}</id><created>{TODAY}</created>'
        "<authors><author><keyname>Lee</keyname><forenames>Ann</forenames></author><author><keyname>"
        "Ray</keyname><forenames>Bo</forenames></author><author><keyname>Fox</keyname><forenames>Cy"
        f"</forenames></author></authors><title>{each.title}</title><categories>cs.CL cs.LG"
        f"</categories><license>x</license><abstract>  {each.abstract}\n</abstract></arXiv>"
        "</metadata></record>\n"
        for each in papers
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>{_MOMENT}</responseDate><ListRecords>{records}"
        f"<resumptionToken>{token}</resumptionToken></ListRecords></OAI-PMH>"
    )


def _arxiv_oai(papers: Sequence[Text]) -> Ask:
    def ask(_url: str, params: Mapping[str, str]) -> str:
        start = int(params.get("resumptionToken", 0))
        following = start + 1000
        token = str(following) if following < len(papers) else ""
        return oai_page(papers[start:following], token)

    return ask


def _huggingface(papers: Sequence[Text]) -> Ask:
    items = [
        {
            "title": each.title,
            "summary": each.abstract,
            "publishedAt": _MOMENT,
            "submittedBy": {"_id": "1", "fullname": "Ann", "name": "ann", "type": "user"},
            "isAuthorParticipating": False,
            "numComments": 3,
            "thumbnail": "https://example.org/x.png",
            "paper": {
                "id": each.arxiv,
                "title": each.title,
                "summary": each.abstract,
                "publishedAt": _MOMENT,
                "submittedOnDailyAt": _MOMENT,
                "authors": [{"_id": "1", "name": name} for name in ("Ann Lee", "Bo Ray", "Cy Fox")],
                "upvotes": 42,
                "discussionId": "1",
            },
        }
        for each in papers
    ]

    def ask(_url: str, params: Mapping[str, str]) -> str:
        start = int(params["p"]) * int(params["limit"])
        is_today = params["date"] == TODAY.isoformat()
        return json.dumps(items[start : start + int(params["limit"])] if is_today else [])

    return ask


def _semantic_scholar(papers: Sequence[Text]) -> Ask:
    items = [
        {
            "paperId": f"{each.number:040x}",
            "externalIds": {"ArXiv": each.arxiv, "DOI": f"10.48550/arXiv.{each.arxiv}"},
            "title": each.title,
            "abstract": each.abstract,
            "publicationDate": TODAY.isoformat(),
            "authors": [
                {"authorId": "1", "name": name} for name in ("Ann Lee", "Bo Ray", "Cy Fox")
            ],
        }
        for each in papers
    ]
    return lambda _url, _params: json.dumps({"recommendedPapers": items})


def _openreview(papers: Sequence[Text]) -> Ask:
    moment = 1_773_741_600_000  # noon of TODAY
    notes = [
        {
            "id": f"n{each.number}",
            "forum": f"n{each.number}",
            "number": each.number,
            "cdate": moment + each.number,
            "tcdate": moment + each.number,
            "odate": moment,
            "invitations": ["A.org/2026/Conference/-/Submission"],
            "content": {
                "title": {"value": each.title},
                "abstract": {"value": each.abstract},
                "authors": {"value": ["Ann Lee", "Bo Ray", "Cy Fox"]},
                "venueid": {"value": "A.org/2026/Conference/Submission"},
                "pdf": {"value": f"/pdf/{each.number}.pdf"},
            },
        }
        for each in papers
    ]

    def ask(_url: str, params: Mapping[str, str]) -> str:
        start = int(params["offset"])
        page = notes[start : start + int(params["limit"])]
        return json.dumps({"notes": page, "count": len(notes)})

    return ask


def _biorxiv(papers: Sequence[Text]) -> Ask:
    items = [
        {
            "doi": f"10.1101/2026.03.17.{each.number:06}",
            "title": each.title,
            "authors": "Lee, A.; Ray, B.; Fox, C.",
            "date": TODAY.isoformat(),
            "version": "1",
            "license": "cc_by",
            "category": "bioinformatics",
            "abstract": each.abstract,
            "published": "NA",
            "server": "bioRxiv",
        }
        for each in papers
    ]

    def ask(url: str, _params: Mapping[str, str]) -> str:
        *_, day, cursor, _ = url.split("/")
        if day != TODAY.isoformat():
            return json.dumps({"messages": [{"status": "no posts found"}], "collection": []})
        page = items[int(cursor) : int(cursor) + 100]
        message = {"status": "ok", "cursor": int(cursor), "count": len(page), "total": len(items)}
        return json.dumps({"messages": [message], "collection": page})

    return ask


def _feed(papers: Sequence[Text]) -> Ask:
    stated = format_datetime(utc_now().replace(TODAY.year, TODAY.month, TODAY.day, 4))
    items = "".join(
        f"<item><title>{each.title}</title><link>https://journal.example/{each.number}</link>"
        f"<description>{each.abstract}</description><guid>{each.number}</guid>"
        f"<pubDate>{stated}</pubDate><dc:creator>Ann Lee</dc:creator></item>\n"
        for each in papers
    )
    whole = (
        '<?xml version="1.0" encoding="UTF-8"?><rss xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'version="2.0"><channel><title>A Journal</title>{items}</channel></rss>'
    )
    return lambda _url, _params: whole


ANSWERS: dict[str, tuple[str, Callable[[Sequence[Text]], Ask]]] = {
    "arxiv": ("cs.CL", _arxiv),
    "arxiv-api": ("cat:cs.CL", _arxiv_api),
    "arxiv-oai": ("cs:cs:CL", _arxiv_oai),
    "huggingface": ("", _huggingface),
    "semantic-scholar": ("ARXIV:2106.15928", _semantic_scholar),
    "openreview": ("A.org/2026/Conference", _openreview),
    "biorxiv": ("", _biorxiv),
    "medrxiv": ("", _biorxiv),
    "feed": ("https://journal.example/rss.xml", _feed),
}
"""What follows the colon, and the service, for each kind of source."""
