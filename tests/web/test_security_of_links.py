"""To look is to change nothing: every address there is, asked for twice with GET and HEAD."""

import pytest

from tests.web.everywhere import Place

# Filled by the address of a private feed: the day it was fetched last, and by which program, which
# its reader's page shows. Nothing else comes of it.
NOTED = {"feed_fetches"}


@pytest.mark.slow
def test_no_address_changes_anything_when_it_is_looked_at(place: Place) -> None:
    before = place.contents()
    seen = 0
    for route in place.routes("GET"):
        for url in place.addresses(route):
            for _ in range(2):
                answer = place.get(url)
                is_there = "{rest:path}" not in route.path
                assert answer.status in ({200, 303, 400} if is_there else {404}), url
                # Pages of sessions are seen themselves, not the way to them.
                assert "sign-in" not in answer.headers.get("location", ""), url
                head = place.client.head(url, cookie=place.cookie, authorization=place.bearer)
                assert head.status == answer.status, url
            seen += 1
        after = {name: rows for name, rows in place.contents().items() if name not in NOTED}
        assert after == {name: before[name] for name in after}, route.path
    assert seen > 40
