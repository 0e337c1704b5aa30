"""All faults of a server at once, by chance: what holds for each must hold for all together."""

import random
from collections.abc import Iterator

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.model.deliveries import DeliveryState
from tests.faults.invariants import check
from tests.faults.matter import LARGE
from tests.faults.site import Site, impatient, smtp

READERS = 40
BRIEF = impatient(command=0.5, data=0.5, progress=0.5, end=0.5)
STEPS = [Step.MAIL, Step.RCPT, Step.DATA, Step.BODY, Step.END, Step.END, Step.END]
NOS: list[str | bytes] = [
    "421 4.3.2 enough",
    "450 4.2.0 later",
    "451 4.7.1 later",
    "452 4.3.1 full",
    "454 4.7.0 too many",
    "550 5.1.1 no such user",
    "550 5.7.1 spam",
    "552 5.2.2 mailbox full",
    "554 no",
]
NONSENSE: list[str | bytes] = [b"", b"25", b"354 go\r\n", b"hello\r\n", b"\0\r\n"]
YESES: list[str | bytes] = ["250-many\r\n250 lines", b"250 one\r\n250 too many\r\n"]


def faults(chance: random.Random) -> Iterator[Rule]:
    """Give faults for most readers: whatever a server may do but lie about what it has kept."""
    for _ in range(READERS):
        step = chance.choice(STEPS)
        replies = [*NOS, *NONSENSE]
        if step is Step.BODY:
            replies = [*NOS, b""]
        elif step is not Step.DATA:
            replies += YESES
        reply = chance.choice(replies)
        yield Rule(
            step,
            reply,
            "" if step is Step.MAIL else rf"reader{chance.randrange(READERS)}@",
            times=chance.randint(1, 2),
            drops=step is Step.BODY or chance.random() < 0.3,
            resets=chance.random() < 0.2,
            delay=0.7 if chance.random() < 0.1 else 0,
            accepts=chance.random() < 0.5 if step is Step.END and reply in NONSENSE else None,
        )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_invariants_hold_in_any_storm(site: Site, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  the same storms every time
    addresses = [f"reader{n}@d{n % 3}.example" for n in range(READERS)]
    site.make_due(addresses=addresses, records=LARGE[: 4 + 3 * seed])
    resends = seed % 3 != 2
    with Sink(narrow=seed % 2 == 0) as sink, Sink() as second:
        sink.play(*faults(chance))
        second.play(*faults(chance))
        transports = [smtp(sink, timeouts=BRIEF), smtp(second, timeouts=BRIEF)]
        for _ in range(12):
            site.deliver(*transports, connections=6, resends=resends)
            ready = site.states().get(DeliveryState.READY, 0)
            check(site, [*sink.mails, *second.mails], ready=ready)
            site.clock.advance(minutes=30)
            if not ready:
                break
        site.clock.advance(days=1)
        site.deliver(*transports, connections=6, resends=resends)
        check(site, [*sink.mails, *second.mails])
