"""A form comes from a page of ours: every combination of what browsers say of it, on every form."""

from itertools import product

import pytest

from tests.web.everywhere import Place

OURS = "https://digest.example.org"
SITES = ("", "same-origin", "none", "same-site", "cross-site", "SAME-ORIGIN", "nonsense")
ORIGINS = ("", OURS, "null", "https://evil.example", f"{OURS}.evil.example", "http://127.0.0.1")
REFUSAL = "This form was sent from another site."
# Proven by its token, on any host's page: a mail program presses this button (RFC 8058). The API
# looks at no cookie, so a page of another site can send nothing in a reader's name.
EXEMPT = ("/u/", "/api/")


def is_from_us(site: str, origin: str, *, has_cookie: bool) -> bool:
    if site:
        return site in {"same-origin", "none"}
    return origin == OURS if origin else not has_cookie


def forms(place: Place) -> list[str]:
    return [
        place.addresses(route)[0]
        for route in place.routes("POST")
        if not route.path.startswith(EXEMPT)
    ]


@pytest.mark.slow
def test_a_form_of_another_site_does_nothing_anywhere(place: Place) -> None:
    before = place.contents()
    asked = 0
    for url, site, origin, has_cookie in product(forms(place), SITES, ORIGINS, (True, False)):
        if is_from_us(site, origin, has_cookie=has_cookie):
            continue
        answer = place.client.post(
            url,
            {"address": "eve@example.org", "keywords": "gnn", "sure": "yes"},
            sec_fetch_site=site,
            origin=origin,
            cookie=place.cookie if has_cookie else "",
        )
        assert (answer.status, REFUSAL in answer.text) == (403, True), (url, site, origin)
        asked += 1
    assert asked > 500
    assert place.contents() == before


@pytest.mark.slow
def test_a_form_of_ours_is_taken_everywhere(place: Place) -> None:
    """With tokens and cookies that open nothing, so that nothing is done by it."""
    for route in place.routes("POST"):
        if route.path.startswith(EXEMPT):
            continue
        url = place.addresses(route, token="broken")[0]  # noqa: S106  not one
        for site, origin, has_cookie in product(SITES, ORIGINS, (True, False)):
            if is_from_us(site, origin, has_cookie=has_cookie):
                answer = place.client.post(
                    url, sec_fetch_site=site, origin=origin, cookie="other=1" if has_cookie else ""
                )
                assert REFUSAL not in answer.text, (url, site, origin)
                assert answer.status < 500


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_that_change_things_are_guarded_alike(place: Place, method: str) -> None:
    for url in forms(place):
        answer = place.client.ask(
            method, url, {"cookie": place.cookie, "sec-fetch-site": "cross-site"}
        )
        assert answer.status == 403, url


def test_the_api_lets_nobody_in_by_a_cookie(place: Place) -> None:
    before = place.contents()
    asked = 0
    for route in place.routes("GET"):
        if not route.path.startswith("/api/v1/me"):
            continue
        url = place.addresses(route)[0]
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            given = {"cookie": place.cookie, "content-type": "application/json"}
            answer = place.client.ask(method, url, given, b"{}")
            assert answer.status in {401, 405}, (method, url)
            asked += 1
    assert asked
    assert place.contents() == before


def test_the_api_takes_no_bodies_that_a_form_could_send(place: Place) -> None:
    """A form of another site needs no leave for these; its Authorization header would."""
    given = {"authorization": place.bearer, "content-type": "text/plain"}
    answer = place.client.ask("PUT", "/api/v1/me", given, b"{}")
    assert answer.status in {405, 415}


def test_one_click_works_from_anywhere_and_does_nothing_else(place: Place) -> None:
    url = f"/u/{place.lived.tokens['u']}"
    answer = place.client.post(
        url, {"List-Unsubscribe": "One-Click"}, sec_fetch_site="cross-site", origin="null"
    )
    assert (answer.status, answer.headers.get("set-cookie")) == (200, None)
    assert place.ada.state == "unsubscribed"
