"""Redirects are followed so far, by the same rules as the first address, and tell no secrets."""

from dataclasses import replace

import pytest

from digest.errors import SourceAwayError
from digest.sources.client.http import Client
from tests.sources.service import Asked, Behaviour, Reply, Service, client_of, serving

KEYS = {"x-api-key": "secret", "Authorization": "Bearer secret", "Accept": "application/json"}


def sent_to(location: str, status: int = 302) -> Behaviour:
    def behaviour(asked: Asked) -> Reply:
        if asked.path == "/first":
            return Reply("moved", status, {"Location": location})
        return Reply(asked.path + "?" + "&".join(f"{k}={v}" for k, v in asked.query.items()))

    return behaviour


def mirrored(service: Service, **hosts: str) -> Client:
    """A client that asks the service for these hosts alone, under a folder of it."""
    addresses = {f"{host}.example": service.url + path for host, path in hosts.items()}

    def resolving(host: str, _port: int) -> list[str]:
        return {"127.0.0.1": [host], "private.example": ["10.0.0.1"]}[host]

    return replace(client_of(service), mirrors=addresses, resolving=resolving)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["/second?a=1", "second?a=1", "https://one.example/second?a=1"]
)
def test_a_redirect_is_followed(status: int, location: str) -> None:
    with serving(sent_to(location, status)) as service:
        answer = client_of(service).get("any", "https://one.example/first", headers=KEYS)
        assert answer.body.read() == b"/second?a=1"
    assert answer.url == "https://one.example/second?a=1"
    assert service.asked[1].headers["x-api-key"] == "secret"


@pytest.mark.parametrize(
    "location",
    ["https://two.example/second", "//two.example/second", "https://one.example:8443/second"],
)
def test_keys_stay_with_the_host_they_are_for(location: str) -> None:
    with serving(sent_to(location)) as service:
        client_of(service).get("any", "https://one.example/first", headers=KEYS)
    headers = service.asked[1].headers
    assert "secret" not in str(headers)
    assert headers["Accept"] == "application/json"
    assert headers["User-Agent"].startswith("Digest/")


def test_each_host_on_the_way_has_its_own_turn() -> None:
    taken = list[str]()

    class Turns:
        def take(self, host: str) -> float:
            taken.append(host)
            return 0.0

        def give_back(self, host: str, pace: float) -> None:
            assert host == taken[-1]
            assert pace == (3.0 if host == "arxiv.org" else 1.0)

    with serving(sent_to("https://rss.arxiv.org/second")) as service:
        replace(client_of(service), turns=Turns()).get("any", "https://one.example/first")
    assert taken == ["one.example", "arxiv.org"]


@pytest.mark.parametrize("location", ["{url}/folder/second", "/folder/second", "second"])
def test_a_redirect_within_a_mirror_is_one_of_the_host_it_stands_for(location: str) -> None:
    def behaviour(asked: Asked) -> Reply:
        if asked.path == "/folder/first":
            return Reply(status=301, headers={"Location": location.format(url=service.url)})
        return Reply("second", headers={"ETag": '"2"'})

    with serving(behaviour) as service:
        client = mirrored(service, one="/folder/")
        answer = client.get("any", "https://one.example/first", headers=KEYS)
    assert answer.url == "https://one.example/second"
    assert [each.path for each in service.asked] == ["/folder/first", "/folder/second"]
    assert service.asked[1].headers["x-api-key"] == "secret"


def test_validators_of_a_redirects_end_go_there_alone() -> None:
    def behaviour(asked: Asked) -> Reply:
        if asked.path == "/first":
            return Reply(status=301, headers={"Location": "/second"})
        if asked.headers.get("If-None-Match") == '"2"':
            return Reply(status=304)
        return Reply("second", headers={"ETag": '"2"'})

    with serving(behaviour) as service:
        client = client_of(service)
        kept = client.get("any", "https://one.example/first").validators
        assert client.get("any", "https://one.example/first", validators=kept).is_unchanged
    assert "If-None-Match" not in service.asked[2].headers


def test_a_circle_ends() -> None:
    with serving(Reply(status=302, headers={"Location": "/first"})) as service:
        with pytest.raises(SourceAwayError, match="redirects more than 5 times"):
            client_of(service).get("any", "https://one.example/first")
        assert len(service.asked) == 6


def test_a_post_is_not_sent_elsewhere() -> None:
    with serving(sent_to("/second", 307)) as service:
        with pytest.raises(SourceAwayError, match="answered 307"):
            client_of(service).post("any", "https://one.example/first", {}, {"secret": 1})
        assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        ("", "answered 302"),
        ("http://one.example/second", "from https to http"),
        ("file:///etc/passwd", "not an address that begins with"),
        ("javascript:alert(1)", "not an address that begins with"),
        ("https://user:word@one.example/", "user name or password"),
        ("https://one.example/../second", "with .. in its path"),
        ("https://one.example/a%2f%2E.%5csecond", "with .. in its path"),
        ("https://[::1", "to where nobody is"),
        ("https://[v1.x]/", "is no address"),
        ("https://one.example:99999/", "no address"),
        ("https:///second", "names no host"),
        ("https://one_.-..example/", "names no host"),
        ("https://" + "a" * 64 + ".example/", "names no host"),
        ("https://one.example/" + "a" * 9000, "characters is none"),
        ("https://private.example/", "example is at 10.0.0.1, which is not a public address"),
    ],
)
def test_a_redirect_to_what_may_not_be_asked_is_refused(location: str, problem: str) -> None:
    with serving(sent_to(location)) as service:
        client = mirrored(service, one="")
        with pytest.raises(SourceAwayError, match=problem):
            client.get("any", "https://one.example/first")
        assert len(service.asked) == 1


def test_a_mirror_may_be_private_and_its_neighbours_may_not() -> None:
    with serving(Reply("news")) as service:
        client = replace(
            client_of(service),
            mirrors={"one.example": service.url},
            private_hosts=(),
        )
        assert client.get("any", "https://one.example/first").body.read() == b"news"
        with pytest.raises(SourceAwayError, match="add it to DIGEST_PRIVATE_HOSTS"):
            client.get("any", service.url)
