"""No form tells who is a reader here: byte for byte the same answer, in the same time."""

import statistics
import time
from collections.abc import Callable

import pytest

from digest.pipeline.erase import erase
from digest.pipeline.subscribe import enrol, subscribe, unsubscribe
from digest.store.suppressions import suppress
from digest.web.steps import STEP
from tests.factories import make_wishes
from tests.web.client import Answer
from tests.web.everywhere import Place

WISHES = make_wishes("gnn")


def somebody_in_every_state(place: Place) -> dict[str, str]:
    """One address each: never seen, and of readers in whatever state there is."""
    registry = place.app.registry

    def active(name: str) -> str:
        return enrol(registry, f"{name}@example.org", WISHES).address

    left = enrol(registry, "left@example.org", WISHES)
    unsubscribe(registry, left)
    erased = enrol(registry, "gone@example.org", WISHES)
    erase(place.app.database, erased.id)
    blocked = active("blok")
    with place.app.database.writing() as connection:
        suppress(connection, blocked, "hard bounce", "test", "", place.app.clock())
    return {
        "new": "news@example.org",
        "unconfirmed": subscribe(registry, "late@example.org", WISHES).address,
        "active": active("here"),
        "unsubscribed": left.address,
        "erased": erased.address,
        "suppressed": blocked,
    }


def forms(place: Place) -> dict[str, Callable[[str], Answer]]:
    return {
        "sign up": lambda address: place.client.post(
            "/subscribe", {"address": address, "keywords": "gnn"}
        ),
        "sign in": lambda address: place.client.post("/sign-in", {"address": address}),
        "move": lambda address: place.post("/account/address", {"address": address}),
    }


def test_every_address_gets_the_same_answer(place: Place) -> None:
    states = somebody_in_every_state(place)
    for name, send in forms(place).items():
        found: dict[str, tuple[int, list[tuple[str, str]], bytes]] = {}
        for state, address in states.items():
            if name == "move" and len(found) == 2:
                break  # a reader asks three times a day, and has asked once
            answer = send(address)
            found[state] = (answer.status, answer.raw_headers, answer.body)
        assert len(set(map(repr, found.values()))) == 1, (name, found)
        assert next(iter(found.values()))[0] == 303


def test_the_page_that_comes_next_is_the_same(place: Place) -> None:
    for path in ("/subscribe/sent", "/sign-in/sent"):
        first, second = place.client.get(path), place.client.get(path)
        assert (first.body, first.raw_headers) == (second.body, second.raw_headers)
        assert "@" not in first.text.replace("@media", "")


def test_an_address_that_had_enough_and_a_trapped_form_get_it_too(place: Place) -> None:
    address = somebody_in_every_state(place)["active"]
    for name, send in forms(place).items():
        if name == "move":
            continue
        answers = [send(address) for _ in range(6)]
        path = "/subscribe" if name == "sign up" else "/sign-in"
        form = {"address": address, "keywords": "gnn", "remarks": "a program"}
        answers.append(place.client.post(path, form))
        assert len({(each.status, repr(each.raw_headers), each.body) for each in answers}) == 1


@pytest.mark.slow
def test_no_clock_tells_the_states_apart(place: Place) -> None:
    states = somebody_in_every_state(place)
    for name, send in forms(place).items():
        if name == "move":
            continue
        taken: dict[str, list[float]] = {state: [] for state in states}
        for _ in range(7):
            for state, address in states.items():
                begun = time.monotonic()
                send(address)
                taken[state].append(time.monotonic() - begun)
        medians = {state: statistics.median(spans) for state, spans in taken.items()}
        assert min(medians.values()) >= STEP
        # Whole steps: on a busy machine an answer may take one more, whoever it is for.
        assert max(medians.values()) - min(medians.values()) < 1.5 * STEP, (name, medians)


def test_operators_that_there_are_none_of_are_refused_alike(place: Place) -> None:
    found = []
    for name in ("grace", "grave"):
        form = {"name": name, "password": "x" * 20, "code": "000000"}
        answer = place.client.post("/admin/sign-in", form)
        found.append((answer.status, answer.raw_headers, answer.text.replace(name, "")))
    assert found[0] == found[1]
    assert found[0][0] == 422
