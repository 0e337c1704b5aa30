"""Answers in the shapes of arXiv's three interfaces, about papers that do not exist."""

from collections.abc import Iterable
from html import escape

from digest.sources.base import Batch, Listed

MONDAY = "Mon, 16 Mar 2026 00:00:00 -0400"


def rss_item(
    number: str = "2603.00001v1",
    kind: str = "new",
    *,
    title: str = "Lanterns at Sea",
    abstract: str = "We count lanterns.",
    date: str = MONDAY,
    creator: str = "Ann Lee, Bo Ray",
    more: str = "",
) -> str:
    said = f"arXiv:{number} Announce Type: {kind} \nAbstract: {abstract}"
    return f"""<item><title>{escape(title)}</title>
      <link>https://arxiv.org/abs/{number.partition("v")[0]}</link>
      <description>{escape(said)}</description>
      <guid isPermaLink="false">oai:arXiv.org:{number}</guid>
      <category>cs.CL</category><category>cs.LG</category>
      <pubDate>{date}</pubDate><arxiv:announce_type>{kind}</arxiv:announce_type>
      <dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>
      <dc:creator>{escape(creator)}</dc:creator>{more}</item>"""


def rss(*items: str, title: str = "cs.CL updates on arXiv.org", built: str = MONDAY) -> str:
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
     xmlns:atom="http://www.w3.org/2005/Atom" version="2.0"><channel><title>{escape(title)}</title>
  <link>http://rss.arxiv.org/rss/cs.CL</link><description>cs.CL updates</description>
  <lastBuildDate>{built}</lastBuildDate><pubDate>{built}</pubDate>
  <skipDays><day>Saturday</day><day>Sunday</day></skipDays>{"".join(items)}</channel></rss>"""


def atom_list(*numbers: str) -> str:
    entries = "".join(
        f"""<entry><id>oai:arXiv.org:{number}</id><title>Lanterns of {number}</title>
  <updated>2026-03-16T04:00:00+00:00</updated>
  <link href="https://arxiv.org/abs/{number[:10]}" rel="alternate" type="text/html"/>
  <summary>arXiv:{number} Announce Type: new \nAbstract: We count.</summary>
  <category term="cs.CL"/><published>2026-03-16T00:00:00-04:00</published>
  <arxiv:announce_type>new</arxiv:announce_type><dc:creator>Ann Lee</dc:creator></entry>"""
        for number in numbers
    )
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"
  xmlns:dc="http://purl.org/dc/elements/1.1/"><id>x</id><title>cs.CL updates</title>{entries}</feed>"""


def api_entry(
    number: str = "2603.00001v1",
    published: str = "2026-03-16T10:00:00Z",
    *,
    updated: str = "",
    title: str = "Lanterns at Sea",
    abstract: str = "We count lanterns.",
    more: str = "",
) -> str:
    return f"""<entry><id>http://arxiv.org/abs/{number}</id><updated>{updated or published}</updated>
  <published>{published}</published><title>{escape(title)}</title>
  <summary>{escape(abstract)}</summary>
  <author><name>Ann Lee</name><arxiv:affiliation>Harbour</arxiv:affiliation></author>
  <author><name>Bo Ray</name></author>
  <link href="http://arxiv.org/abs/{number}" rel="alternate" type="text/html"/>
  <link title="pdf" href="http://arxiv.org/pdf/{number}" rel="related" type="application/pdf"/>
  <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
  <category term="cs.CL" scheme="http://arxiv.org/schemas/atom"/>
  <category term="68T05" scheme="http://arxiv.org/schemas/atom"/>
  <arxiv:primary_category term="cs.CL"/>{more}</entry>"""


def api(*entries: str, total: int | None = None, start: int = 0) -> str:
    said = len(entries) if total is None else total
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"
  xmlns:arxiv="http://arxiv.org/schemas/atom"><title>arXiv Query</title><id>http://arxiv.org/api/x</id>
  <opensearch:itemsPerPage>500</opensearch:itemsPerPage>
  <opensearch:totalResults>{said}</opensearch:totalResults>
  <opensearch:startIndex>{start}</opensearch:startIndex>{"".join(entries)}</feed>"""


def api_error(said: str) -> str:
    return api(
        f"""<entry><id>http://arxiv.org/api/errors#incorrect_id_format_for_1234</id>
  <title>Error</title><summary>{escape(said)}</summary><updated>2026-03-16T00:00:00Z</updated>
  <link href="http://arxiv.org/api/errors#x"/><author><name>arXiv api core</name></author></entry>"""
    )


def oai_record(
    number: str = "2603.00001",
    changed: str = "2026-03-16",
    created: str = "2026-03-15",
    *,
    title: str = "Lanterns at Sea",
    more: str = "",
    authors: str = "<author><keyname>Lee</keyname><forenames>Ann</forenames></author>",
) -> str:
    return f"""<record><header><identifier>oai:arXiv.org:{number}</identifier>
  <datestamp>{changed}</datestamp><setSpec>cs:cs:CL</setSpec></header>
  <metadata><arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>{number}</id><created>{created}</created>
  <authors>{authors}</authors><title>{escape(title)}</title><categories>cs.CL cs.LG</categories>
  <license>http://creativecommons.org/licenses/by/4.0/</license>{more}
  <abstract>  We count
  lanterns.</abstract></arXiv></metadata></record>"""


def oai_deleted(number: str, changed: str = "2026-03-16") -> str:
    return f"""<record><header status="deleted"><identifier>oai:arXiv.org:{number}</identifier>
  <datestamp>{changed}</datestamp></header></record>"""


def oai(*records: str, resume: str | None = None) -> str:
    end = "" if resume is None else f"<resumptionToken>{escape(resume)}</resumptionToken>"
    return _oai(f"<ListRecords>{''.join(records)}{end}</ListRecords>")


def oai_error(code: str, said: str = "No.") -> str:
    return _oai(f'<error code="{code}">{escape(said)}</error>')


def _oai(inside: str) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-03-16T22:40:00Z</responseDate>
  <request verb="ListRecords">http://oaipmh.arxiv.org/oai</request>{inside}</OAI-PMH>"""


def numbers_of(listed: Iterable[Listed]) -> list[str]:
    return [each.record.ids[0].value for each in listed]


def last_cursor(batches: Iterable[Batch]) -> str:
    return [each.cursor for each in batches][-1]
