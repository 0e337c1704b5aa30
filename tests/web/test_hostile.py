"""Whatever is written into whatever takes text: never a fault of ours, never anything but text again.

Fields are found, not listed: those of every form on every page, and every name that the pages' own
source asks a query or a form for.
"""

import json
import re
from itertools import product
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from tests.conftest import REPOSITORY, HandClock
from tests.lint.corpus import TITLES
from tests.web.client import Answer
from tests.web.everywhere import QUERIES, Place, quoted

_READS = re.compile(
    r"(?:query_params|form|sent|asked|data|params)(?:\.get\(|\[)\"(\w+)\"|\"(\w+)\" (?:not )?in "
)
_MARK = "x-evil"
_LEADS = {"href", "src", "action", "formaction"}
HOSTILE = (
    f'"><{_MARK} onclick=1>',
    f"'><script>{_MARK}</script>",
    f'" onmouseover="{_MARK}" x="',
    f"</textarea></title></style><{_MARK}>",
    f"javascript:{_MARK}()",
    f"{{{{ 7*7 }}}}{{% {_MARK} %}}${{7*7}}",
    f"a\r\nSet-Cookie: {_MARK}=1\r\n\r\n<{_MARK}>",
    "' OR 1=1 --",
    '") UNION SELECT 1,2,3 --',
    "%' ESCAPE '\\' _%",
    "*",
    '"unclosed AND (NEAR',
    "a" * 3000,
    "9" * 400,
    "-1",
    "1e999",
    "\x00",
    "\u202egnp.exe\u2066",
    "\ufffe\uffff",
    "\U0001f9ec\u0301\u0301",
    "../../../../etc/passwd",
    "0000-99-99",
    "2026-W99",
    "9999-12-31",
    "0001-01-01",
    "\u0661\u0662",
    "(" * 200,
    "a|" * 100,
)
CORPUS = (*HOSTILE, *TITLES)
# Every field meets so many of the corpus, and all fields together meet all of it.
_TURNS = 5


def names_that_pages_ask_for() -> list[str]:
    found: set[str] = set()
    for path in sorted((REPOSITORY / "digest" / "web").rglob("*.py")):
        found.update(a or b for a, b in _READS.findall(path.read_text()))
    return sorted(found)


NAMES = names_that_pages_ask_for()


def text_of(at: int, turn: int) -> str:
    """A text of the corpus that UTF-8 can write; another at every turn."""
    return CORPUS[(at * 7 + turn * 11) % len(CORPUS)].encode(errors="replace").decode()


def check(answer: Answer, what: object) -> None:
    assert answer.status < 500, (what, answer.status)
    for name, value in answer.raw_headers:
        assert "\n" not in value, what
        assert not (name == "set-cookie" and _MARK in value), what
    if not answer.headers.get("content-type", "").startswith("text/html") or not answer.body:
        return
    page = html.document_fromstring(answer.text)
    assert page.xpath(f"//{_MARK} | //script") == [], what
    for element in page.iter():
        for name, value in element.items():
            assert not name.startswith("on"), what
            if name in _LEADS:
                assert not value.strip().lower().startswith("javascript:"), what


def forms_on_pages(place: Place) -> dict[str, dict[str, str]]:
    """Every form of every page, by where it is sent: its fields and the buttons that have names."""
    found: dict[str, dict[str, str]] = {}
    for url in place.everywhere("GET"):
        answer = place.get(url)
        if not answer.headers.get("content-type", "").startswith("text/html") or not answer.body:
            continue
        for form in html.document_fromstring(answer.text).forms:
            if form.method != "POST":
                continue
            target = form.get("action") or url.partition("?")[0]
            fields = found.setdefault(target, {})
            fields.update({name: value or "" for name, value in form.form_values()})
            for each in form.xpath(".//*[@name]"):
                fields.setdefault(each.get("name"), each.get("value") or "")
    return found


def test_there_are_fields_to_write_into(place: Place) -> None:
    assert {"q", "keywords", "address", "was", "muted", "page", "count"} <= {
        *NAMES,
        *(name for fields in forms_on_pages(place).values() for name in fields),
    }


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(_TURNS))
def test_no_query_is_a_fault_or_comes_back_as_anything_but_text(place: Place, turn: int) -> None:
    for at, route in enumerate(place.routes("GET")):
        url = place.addresses(route)[0].partition("?")[0]
        sent = {name: text_of(at + number, turn) for number, name in enumerate(NAMES)}
        check(place.get(f"{url}?{urlencode(sent, errors='surrogatepass')}"), (url, sent))


@pytest.mark.slow
def test_no_single_parameter_is_a_fault(place: Place) -> None:
    """One at a time, where together one that is refused may hide the others."""
    for route in place.routes("GET"):
        url = place.addresses(route)[0].partition("?")[0]
        if route.path in QUERIES:
            for name in NAMES:
                for text in ("\x00", "9" * 400):
                    check(place.get(f"{url}?{name}={quote_plus(text)}"), (url, name))


@pytest.mark.slow
def test_no_part_of_a_path_is_a_fault(place: Place) -> None:
    for at, route in enumerate(place.routes("GET")):
        for name in re.findall(r"\{(\w+)", route.path):
            template = re.sub(r"\{(\w+)(?::\w+)?\}", r"<\1>", route.path)
            for turn in range(_TURNS):
                url = template.replace(f"<{name}>", quoted(text_of(at, turn)))
                for other in re.findall(r"<(\w+)>", url):
                    good = place.lived.tokens.get(route.path.split("/")[1], "x")
                    known = place.lived.parameters.get(other, ("x",))[0]
                    url = url.replace(f"<{other}>", good if other == "token" else known)
                check(place.get(url), url)
            for number in ("9" * 400, "9" * 5000, "0", "-1"):
                check(place.get(re.sub(r"<\w+>", number, template)), template)


@pytest.mark.slow
def test_no_field_of_any_form_is_a_fault(place: Place) -> None:
    found = forms_on_pages(place)
    clock = place.app.clock
    assert isinstance(clock, HandClock)
    clock.advance(seconds=3)  # as a person would: what comes at once is shown again, and not done
    for turn, (at, (target, fields)) in product(range(_TURNS), enumerate(found.items())):
        kept: dict[str, str] = {
            name: fields[name] for name in ("shown", "remarks") if name in fields
        }
        every = [*fields, *NAMES]
        whole = {name: text_of(at + number, turn) for number, name in enumerate(every)}
        singly = [{**fields, name: text_of(at + n, turn)} for n, name in enumerate(fields)]
        for sent in (whole, *singly):
            # Left out: it would erase the reader of all the other forms.
            form = {name: value for name, value in {**sent, **kept}.items() if name != "sure"}
            check(place.post(target, form), (target, form))


@pytest.mark.slow
@given(
    st.sampled_from(NAMES),
    st.text(max_size=200),
    st.integers(0, 200),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_text_at_all_is_a_fault(place: Place, name: str, text: str, at: int) -> None:
    routes = place.routes("GET")
    route = routes[at % len(routes)]
    url = place.addresses(route)[0].partition("?")[0]
    query = urlencode({name: text}, errors="surrogatepass")
    check(place.get(f"{url}?{query}"), (url, name, text))


@pytest.mark.slow
def test_no_body_is_a_fault(place: Place) -> None:
    """Forms of other types and of none, broken ones, and what only looks like one."""
    bodies = {
        "application/x-www-form-urlencoded": (
            b"%",
            b"a=%ff%fe",
            b"=&=&&",
            b"a" * 60_000,
            b"\x00=1",
        ),
        "multipart/form-data; boundary=x": (b"--x\r\n", b"--x--", b"", b"\r\n--x\r\nnonsense"),
        "multipart/form-data": (b"--x",),
        "application/json": (b"{}", b"[", b"\xff", b"[" * 20_000, json.dumps({"a": 1}).encode()),
        "text/plain": (b"address=x",),
        "\xff": (b"x",),
        "": (b"", b"x"),
    }
    for route in place.routes("POST"):
        url = place.addresses(route, token="broken")[0]  # noqa: S106  not one
        for kind, given_bodies in bodies.items():
            for body in given_bodies:
                given = {"content-type": kind, "sec-fetch-site": "same-origin"}
                check(place.client.ask("POST", url, given, body), (url, kind, body[:20]))


@pytest.mark.slow
def test_no_header_is_a_fault(place: Place) -> None:
    headers = (
        *("cookie", "authorization", "accept-language", "if-none-match", "if-modified-since"),
        *("accept-encoding", "user-agent", "x-forwarded-for", "range", "accept", "referer"),
    )
    values = (
        *('"', "a;b=c;;=", "=" * 5000, "\xff\xfe", "Bearer", "Bearer \xff", "__Host-digest=\xe9"),
        *("__Host-digest=" + "a" * 4000, "q=,;q=x", "de;q=nan", "bytes=0-", "Mon, 99 Foo", "*"),
    )
    for url in (
        "/",
        "/account",
        "/admin",
        "/subscribe?keywords=a",
        "/api/v1/me",
        "/feeds/daily.rss",
    ):
        for name in headers:
            for value in values:
                answer = place.client.get(url, **{name: value})
                check(answer, (url, name, value))


def test_what_was_typed_is_shown_again_as_text(place: Place) -> None:
    evil = HOSTILE[0]
    for url in (f"/search?q={quote_plus(evil)}", f"/feeds/keywords?q={quote_plus(evil)}"):
        answer = place.get(url)
        check(answer, url)
        assert html.document_fromstring(answer.text).xpath(f"//input[contains(@value, '{_MARK}')]")
