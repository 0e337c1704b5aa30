"""Every kind of token in every place: each opens its own and nothing else."""

import pytest

from digest.pipeline.subscribe import unsubscribe
from digest.store.tables import subscribers
from digest.tokens import Purpose
from tests.conftest import HandClock
from tests.web.everywhere import PURPOSES, Place

GONE = {404, 410}


def subject_of(token: str) -> tuple[int, ...]:
    return tuple(map(int, token.partition(".")[0].split("-")))


def followed(place: Place, url: str) -> int:
    answer = place.client.get(url)
    target = answer.headers.get("location", "")
    return place.client.get(target).status if target else answer.status


def strangers(place: Place, purpose: Purpose) -> dict[str, str]:
    """Tokens that were made for something else: those there are, and of the very same subject."""
    own = next(t for name, t in place.lived.tokens.items() if PURPOSES[name] is purpose)
    others = set(Purpose) - {purpose}
    return {
        **{f"there is: {n}": t for n, t in place.lived.tokens.items() if PURPOSES[n] in others},
        **{f"same subject: {p}": place.app.tokens.sign(p, *subject_of(own)) for p in others},
        "a session": place.lived.cookies["__Host-digest"],
        "a program": place.lived.bearer,
    }


@pytest.mark.slow
def test_a_token_opens_its_own_and_nothing_else(place: Place) -> None:
    for url in place.everywhere("GET"):
        place.client.get(url)  # the day on which a feed was fetched is written down
    before = place.contents()
    for route in place.routes("GET"):
        if "{token}" not in route.path:
            continue
        purpose = PURPOSES[route.path.split("/")[1]]
        assert place.client.get(place.addresses(route)[0]).status in {200, 303}, route.path
        for name, token in strangers(place, purpose).items():
            for url in place.addresses(route, token)[:2]:
                assert followed(place, url) == 404, (url, name)
                assert place.client.post(url).status in {404, 405}, (url, name)
    assert place.contents() == before


@pytest.mark.slow
def test_a_token_of_a_strange_shape_is_no_fault(place: Place) -> None:
    """Signed by us, but of too few or too many numbers, or of none that there is."""
    shapes = [(1,), (1, 1, 1, 1), (2**62, 1), (1, 2**62), (-1, 1), (0, 0), (999_999, 1), (1, 999)]
    for route in place.routes("GET"):
        if "{token}" not in route.path:
            continue
        purpose = PURPOSES[route.path.split("/")[1]]
        for shape in shapes:
            token = place.app.tokens.sign(purpose, *shape)
            for url in place.addresses(route, token)[:1]:
                # Whoever wants to leave is never told that their link is not the newest.
                allowed = {200, *GONE} if purpose is Purpose.UNSUBSCRIBE else GONE
                assert followed(place, url) in allowed, (url, shape)


def test_no_bit_of_a_token_can_be_changed(place: Place) -> None:
    for name, token in place.lived.tokens.items():
        subject, _, mac = token.rpartition(".")
        for at in range(0, len(mac) - 1, 7):
            other = "A" if mac[at] != "A" else "B"
            forged = f"{subject}.{mac[:at]}{other}{mac[at + 1 :]}"
            ending = ".rss" if name == "f" else ""
            tail = "/paper/more" if name == "steer" else ""
            assert place.client.get(f"/{name}/{forged}{tail}{ending}").status == 404, name


def test_another_secret_makes_no_token_of_ours(place: Place) -> None:
    other = type(place.app.tokens)(["another secret of forty characters, or so"])
    for name, purpose in PURPOSES.items():
        token = other.sign(purpose, *subject_of(place.lived.tokens[name]))
        ending = ".rss" if name == "f" else ""
        assert place.client.get(f"/{name}/{token}{ending}").status == 404, name


def test_replaced_links_stop_but_that_which_unsubscribes(place: Place) -> None:
    with place.app.database.writing() as connection:
        connection.execute(
            subscribers.update()
            .where(subscribers.c.id == 1)
            .values(token_version=subscribers.c.token_version + 1)
        )
    tokens = place.lived.tokens
    for name in ("preferences", "steer", "issues"):
        assert place.client.get(f"/{name}/{tokens[name]}").status in GONE, name
        assert place.client.post(f"/{name}/{tokens[name]}").status in {*GONE, 405}, name
    # A feed has a version of its own: who moves to another address keeps what their reader follows.
    assert place.client.get(f"/f/{tokens['f']}.atom").status == 200
    page = place.client.get(f"/unsubscribe/{tokens['unsubscribe']}")
    assert page.status == 200
    # The page that asks must not hand out what was taken back: it is for whoever wants to leave.
    assert "/preferences/" not in page.text
    assert "@example" not in page.text
    assert f'action="/unsubscribe/{tokens["unsubscribe"]}"' in page.text
    assert place.client.post(f"/u/{tokens['u']}").status == 200
    assert place.ada.state == "unsubscribed"


def test_a_replaced_feed_is_gone_and_no_other_link_with_it(place: Place) -> None:
    tokens = place.lived.tokens
    page = f"/preferences/{tokens['preferences']}/feed"
    assert place.post(page, {"deed": "rotate", "version": "1"}).status == 303
    assert place.client.get(f"/f/{tokens['f']}.atom").status == 410
    assert place.client.get(f"/preferences/{tokens['preferences']}").status == 200


def test_a_link_that_signed_somebody_in_signs_in_nobody_else(place: Place) -> None:
    url = f"/sign-in/{place.lived.tokens['sign-in']}"
    assert place.client.post(url).status == 303
    assert place.client.post(url).status == 410
    assert place.client.get(url).status == 410


def test_a_cookie_from_before_the_sign_in_is_not_the_session_after_it(place: Place) -> None:
    before = place.lived.cookies["__Host-digest"]
    url = f"/sign-in/{place.lived.tokens['sign-in']}"
    answer = place.client.post(url, cookie=f"__Host-digest={before}", sec_fetch_site="same-origin")
    given = answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
    assert given != before
    assert place.client.get("/account", cookie=f"__Host-digest={given}").status == 200
    assert place.client.get("/account", cookie=f"__Host-digest={before}").status == 303


def test_a_cookie_somebody_planted_becomes_nobodys_session(place: Place) -> None:
    url = f"/sign-in/{place.lived.tokens['sign-in']}"
    planted = "planted-by-a-neighbour"
    place.client.post(url, cookie=f"__Host-digest={planted}", sec_fetch_site="same-origin")
    assert place.client.get("/account", cookie=f"__Host-digest={planted}").status == 303


def test_sessions_are_listed_revoked_and_end(place: Place) -> None:
    cookie = f"__Host-digest={place.lived.cookies['__Host-digest']}"
    signed_in = place.client.post(
        f"/sign-in/{place.lived.tokens['sign-in']}", user_agent="Mozilla/5.0 (X11) Chrome/140.0"
    )
    other = signed_in.headers["set-cookie"].partition(";")[0]
    shown = place.client.get("/account", cookie=cookie)
    assert "Firefox" in shown.text
    assert "Chrom" in shown.text
    ended = place.client.post(
        "/account/sessions", {"others": "1"}, cookie=cookie, sec_fetch_site="same-origin"
    )
    assert ended.status == 303
    assert place.client.get("/account", cookie=other).status == 303
    assert place.client.get("/account", cookie=cookie).status == 200
    clock = place.app.clock
    assert isinstance(clock, HandClock)
    clock.advance(days=31)
    assert place.client.get("/account", cookie=cookie).status == 303


def test_nobody_ends_the_session_of_somebody_else(place: Place) -> None:
    cookie = f"__Host-digest={place.lived.cookies['__Host-digest']}"
    before = len(place.contents()["sessions"])
    for number in ("2", "3", "-1", "0", "9" * 30, "x", "\u0661"):
        place.client.post(
            "/account/sessions", {"end": number}, cookie=cookie, sec_fetch_site="same-origin"
        )
    assert len(place.contents()["sessions"]) == before


def test_a_stolen_database_lets_nobody_in(place: Place) -> None:
    """Every text that is kept, shown as a cookie, a program's token and a link."""
    texts = {
        str(value)
        for rows in place.contents().values()
        for row in rows
        for value in row
        if isinstance(value, str)
        and 16 <= len(value) <= 100
        and value.isascii()
        and " " not in value
    }
    assert len(texts) > 10
    client = place.client
    for text in texts:
        assert client.get("/account", cookie=f"__Host-digest={text}").status == 303
        assert client.get("/admin", cookie=f"__Host-digest-operator={text}").status == 303
        assert client.get("/api/v1/me", authorization=f"Bearer {text}").status == 401
        if "/" not in text:
            assert client.get(f"/sign-in/{text}").status in GONE


def test_whoever_has_left_can_still_leave(place: Place) -> None:
    unsubscribe(place.app.registry, place.ada)
    for name in ("unsubscribe", "u"):
        assert place.client.get(f"/{name}/{place.lived.tokens[name]}").status == 200
        assert place.client.post(f"/{name}/{place.lived.tokens[name]}").status == 200
