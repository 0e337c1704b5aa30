"""A reader's own feed, digest after digest: over both databases."""

import json

from digest.model.private_feeds import FeedShape
from digest.tokens import Purpose
from tests.web.day_by_day import (
    ABOUT_CELLS,
    ABOUT_CITIES,
    ABOUT_ROADS,
    CELLS,
    CITIES,
    ROADS,
    Readers,
)


def test_the_feed_follows_the_digests_until_its_address_is_replaced(readers: Readers) -> None:
    page = f"{readers.app.links.preferences(readers.ada)}/feed"
    assert readers.client.post(page, {"deed": "open"}).status == 303
    token = readers.app.tokens.sign(Purpose.FEED, readers.ada.id, 1)
    addresses = {
        FeedShape.PAPERS: f"/f/{token}.json",
        FeedShape.DIGESTS: f"/f/{token}/digests.json",
    }
    tags: dict[FeedShape, str] = {}

    def titles(shape: FeedShape) -> list[str]:
        answer = readers.client.get(addresses[shape], if_none_match=tags.get(shape, '"none"'))
        assert answer.status == 200
        tags[shape] = answer.headers["etag"]
        again = readers.client.get(addresses[shape], if_none_match=tags[shape])
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tags[shape])
        return [item["title"] for item in json.loads(answer.body)["items"]]

    assert titles(FeedShape.PAPERS) == []
    readers.next_day((ROADS, ABOUT_ROADS))
    assert titles(FeedShape.PAPERS) == [ROADS]
    readers.next_day((CITIES, ABOUT_CITIES), (CELLS, ABOUT_CELLS))
    assert titles(FeedShape.PAPERS) == [CITIES, CELLS, ROADS]
    assert len(titles(FeedShape.DIGESTS)) == 2

    assert readers.client.post(page, {"deed": "rotate", "version": "1"}).status == 303
    for shape, address in addresses.items():
        assert readers.client.get(address, if_none_match=tags[shape]).status == 410
