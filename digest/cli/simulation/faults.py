"""Which faults there are, and when each is played and on whom: drawn from a seed, pure."""

import random
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from digest.delivery.sink_rules import Rule, Step

# Longer than workers of a simulation wait for the end of a mail.
_SILENCE = 3.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    With a `rule` the mail server does it: to single readers, or if not `is_personal` to whoever
    comes when its time has come. Without one it is done from outside. `share` is how often for a
    hundred readers, `most` how often in all. `copies` is how many second copies one may make for
    every connection it hits: 0 where the client can know better.
    """

    says: str
    rule: Rule | None = None
    is_personal: bool = True
    share: float = 1.6
    most: int = 20
    copies: int = 0


_DROP = Rule(Step.MAIL, b"", times=1, drops=True)
FAULTS: Mapping[str, Fault] = {
    "refused": Fault("connections refused for a while, the open ones cut", most=2, copies=1),
    "busy": Fault("421 instead of a greeting", Rule(Step.BANNER, "421 4.3.2 Busy", times=1, drops=True), is_personal=False),
    "slow-down": Fault("451 4.7.1 to everybody", Rule(Step.MAIL, "451 4.7.1 Too fast, slow down", times=1), is_personal=False),
    "greylisted": Fault("450 the first time", Rule(Step.RCPT, "450 4.2.0 Greylisted", times=1)),
    "full": Fault("452 mailbox full, twice", Rule(Step.RCPT, "452 4.2.2 Mailbox full", times=2)),
    "not-now": Fault("451 after the mail", Rule(Step.END, "451 4.3.0 Not now", times=1)),
    "unknown": Fault("550 5.1.1 no such reader", Rule(Step.RCPT, "550 5.1.1 No such user")),
    # More than five of a hundred would pause their domain, and it would wait for a person.
    "spam": Fault("554 5.7.1 refused as spam", Rule(Step.END, "554 5.7.1 Looks like spam"), most=5),
    "drop-greeting": Fault("dropped before the greeting", replace(_DROP, step=Step.BANNER), is_personal=False),
    "drop-mail": Fault("dropped at MAIL", _DROP, is_personal=False),
    "drop-rcpt": Fault("dropped at RCPT", replace(_DROP, step=Step.RCPT)),
    "drop-data": Fault("dropped at DATA", replace(_DROP, step=Step.DATA)),
    "drop-body": Fault("dropped in the midst of a mail", replace(_DROP, step=Step.BODY, resets=True)),
    "drop-end": Fault("dropped after a mail that was not kept", replace(_DROP, step=Step.END)),
    "lost-reply": Fault("dropped after a mail that was kept", replace(_DROP, step=Step.END, accepts=True), copies=1),
    "silence": Fault("no word after a mail that was kept", replace(_DROP, step=Step.END, accepts=True, delay=_SILENCE), share=0.8, copies=1),
    "slow": Fault("a reply byte by byte", Rule(Step.END, times=1, pace=0.02)),
    "garbage": Fault("nonsense for a reply to RCPT", Rule(Step.RCPT, b"\xff\x00 good day\r\n", times=1)),
    "garbage-end": Fault("nonsense after a mail that was kept", Rule(Step.END, b"\xff\x00 good day\r\n", times=1, accepts=True), copies=1),
    "kill": Fault("kill -9 of a worker", copies=1),
    "crash": Fault("kill -9 of a worker, and the mail server cut with it", most=2, copies=1),
    "stop": Fault("a worker stopped, and woken after its lease", most=1, copies=1),
    "pause": Fault("a worker stopped, and woken soon", most=2, copies=0),
    "locked": Fault("the database locked for a while", most=2),
    "clock": Fault("the clock moved, by hours and back", most=3),
}  # fmt: skip
# So that the last of them still find mails under way.
_FIRST, _LAST = 0.04, 0.8


@dataclass(frozen=True, slots=True)
class Cue:
    """When a fault is played: once this part of the mails is done; `turn` tells them apart."""

    fault: str
    at: float = 0.0
    turn: int = 0
    rule: Rule | None = None


def draw(names: Collection[str], addresses: Sequence[str], kills: int, seed: int) -> list[Cue]:
    """Return what will go wrong, the earliest first; the same for the same seed.

    No reader has two faults of their own.
    """
    chance = random.Random(seed)  # noqa: S311  which faults, not secrets
    victims = list(addresses)
    chance.shuffle(victims)
    cues: list[Cue] = []
    for name, fault in FAULTS.items():  # in their order, so that the words' order does not matter
        if name not in names:
            continue
        count = kills if name == "kill" else _count(fault, len(addresses))
        for turn in range(count):
            if fault.rule is not None and fault.is_personal:
                if victims:
                    whom = f"^{re.escape(victims.pop())}$"
                    cues.append(Cue(name, turn=turn, rule=replace(fault.rule, recipient=whom)))
            else:
                cues.append(Cue(name, chance.uniform(_FIRST, _LAST), turn, fault.rule))
    return sorted(cues, key=lambda cue: cue.at)


def _count(fault: Fault, readers: int) -> int:
    return min(max(round(fault.share * readers / 100), 1), fault.most)


def copies_explained(played: Mapping[str, int], workers: int, connections: int) -> int:
    """Return how many second copies the faults played can have made at most.

    Whoever is killed or sleeps leaves as many mails in doubt as it has connections; a server that
    refuses everybody cuts those of all workers.
    """
    everybody = workers * connections
    hit = {"kill": connections, "stop": connections, "crash": everybody, "refused": everybody}
    return sum(count * FAULTS[name].copies * hit.get(name, 1) for name, count in played.items())
