"""What it costs to send a mail so that none is lost: ./run.sh bench delivery [PART ...].

Parts: transport, latency, state, path (these four by default), memory. Processor time is this
process's, user and system, for each mail. Servers and peers run on the same core: where two cores
are two threads of one, a busy neighbour makes the same work take 1.7 times as much of it. Baselines
run in the same round.
"""

import gc
import itertools
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import delivery_peers as peers
from benchmarks import delivery_post_office as post_office
from benchmarks import delivery_textbook as textbook
from benchmarks import ranking_load
from benchmarks.delivery_load import Site, make_ready, make_site, open_site, sender, warm_up
from benchmarks.mail import Keys, made_keys
from digest.delivery.dkim import Signer
from digest.delivery.smtp import SmtpSettings, SmtpTransport, Tls
from digest.model.deliveries import Arming, DeliveryState, Outcome, Settled, Settlement, Verdict
from digest.pipeline.deliver import deliver_due
from digest.pipeline.outgoing import Job, build, load
from digest.store import arming, claims, settling, workers

ROUNDS = 5
READERS = 2000
MAILS = 1000
FAR = 0.020
MANY = 100_000
_ENDED = Settlement(DeliveryState.ACCEPTED)
_VERDICT = Verdict(Outcome.ACCEPTED, "250 2.0.0 Ok", 250, "2.0.0")
PARTS = ("transport", "latency", "state", "path")


def main() -> None:
    """Print what was asked for."""
    if absent := ranking_load.missing() or peers.missing():
        sys.exit(absent)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    parts = sys.argv[1:] or PARTS
    with tempfile.TemporaryDirectory() as folder:
        site = make_site(Path(folder), READERS)
        messages = _messages(site)
        gc.freeze()  # as the program does once it is loaded
        size = statistics.mean(map(len, messages)) / 1000
        print(
            f"{site.mails} readers' digests, {size:.1f} kB on average, medians of {ROUNDS} rounds"
        )
        if "transport" in parts:
            transport(messages[:MAILS])
        if "latency" in parts:
            latency(messages[:60])
        if "state" in parts:
            state(site)
        if "path" in parts:
            path(site, made_keys(), Path(folder))
    if "memory" in parts:
        memory()


def transport(messages: list[bytes]) -> None:
    """Print what handing over costs, one connection each."""
    ways = {
        "smtplib reused": peers.smtplib_reused,
        "aiosmtplib reused": peers.aiosmtplib_reused,
        "smtp-source, in C": peers.smtp_source,
        "ours": peers.ours,
    }
    with peers.smtp_sink() as port:
        timed = {name: _bound(way, port, messages) for name, way in ways.items()}
        _table("transport, one connection", timed, len(messages))


def latency(messages: list[bytes]) -> None:
    """Print how fast one connection is to a server that is 20 ms away."""
    print(f"\none connection, {FAR * 1000:.0f} ms round trip")
    found: dict[str, list[float]] = {}
    with peers.smtp_sink() as port, peers.delayed(port, FAR) as far:
        for _ in range(3):
            for name, way in (("smtplib reused", peers.smtplib_reused), ("ours", peers.ours)):
                start = time.perf_counter()
                way(far, messages)
                found.setdefault(name, []).append(len(messages) / (time.perf_counter() - start))
    rates = {name: statistics.median(each) for name, each in found.items()}
    for name, rate in rates.items():
        print(f"  {name:44} {rate:8.1f} mails/s {rate / rates['smtplib reused']:6.1f} x")


def state(site: Site) -> None:
    """Print what the ledger costs: claims of two hundred, then arm and settle in sets.

    As a worker does it: the verdicts of one set and the armings of the next share a transaction.
    """
    print("\nstate on SQLite, without the wait for the disk")
    for count in (8, 20, 50):
        found = []
        for _ in range(3):
            make_ready(site)
            before = peers.cpu()
            sent = _keep_books(site, count)
            found.append((peers.cpu() - before) / sent * 1e6)
        print(f"  {f'in sets of {count}':44} {statistics.median(found):8.0f} us")


def path(site: Site, keys: Keys, folder: Path) -> None:
    """Print what everything costs: claim, load, render, sign, arm, send, settle."""
    with peers.smtp_sink() as port:
        post_office.prepare(folder, port)
        timed: dict[str, Callable[[], object]] = {
            "textbook: jinja2, EmailMessage, smtplib": lambda: textbook.send(site, port, 50),
            "textbook, and dkimpy": lambda: textbook.send(site, port, 50, keys),
            "textbook, by django-post_office": lambda: post_office.send(site, 50),
            "ours, without DKIM": lambda: _deliver(site, port),
            "ours, RSA-2048": lambda: _deliver(site, port, [keys.rsa]),
            "ours, RSA-2048 and Ed25519": lambda: _deliver(site, port, [keys.rsa, keys.ed25519]),
        }
        make_ready(site)
        _deliver(site, port)
        counts = {name: 50 if name.startswith("textbook") else site.mails for name in timed}
        _table("the whole path, SQLite, state kept", timed, counts, lambda: make_ready(site))


def memory() -> None:
    """Print how much memory a process takes that sends a hundred thousand mails."""
    context = multiprocessing.get_context("spawn")
    print("\nmemory of a process that sends")
    for copies in (1, MANY // READERS):
        results = context.Queue()
        with tempfile.TemporaryDirectory() as folder:
            site = make_site(Path(folder), READERS)
            make_ready(site, copies)
            site.database.dispose()
            child = context.Process(target=_send_all, args=(Path(folder), results))
            child.start()
            sent, peak, before, seconds = results.get()
            child.join()
        print(
            f"  {sent:8,} mails in {seconds:.0f} s: peak {peak:.0f} MiB,"
            f" {before:.0f} MiB before the first"
        )


def _send_all(
    folder: Path, results: "multiprocessing.Queue[tuple[int, float, float, float]]"
) -> None:
    """Send what is due at a site that another process has made: what it took to make it is gone."""
    with peers.smtp_sink() as port:
        site = open_site(folder)
        before = _peak()
        start = time.perf_counter()
        report = deliver_due(sender(site, [_over(port)]))
        spent = time.perf_counter() - start
        results.put((report.states[DeliveryState.ACCEPTED], _peak(), before, spent))


def _peak() -> float:
    # Not getrusage's: a process begins with the most that the one before it had.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _messages(site: Site) -> list[bytes]:
    who = sender(site, [])
    with site.database.writing() as connection:
        workers.hold_lease(connection, who.owner, 900, site.clock())
        groups = claims.groups_due(connection, site.clock())
        claimed = claims.claim_deliveries(
            connection, who.owner, site.clock(), groups, site.mails, site.mails
        )
    batch = load(site.database, claimed)
    found = [build(who, Job(each, batch)).message for each in claimed]
    make_ready(site)
    return found


def _keep_books(site: Site, count: int) -> int:
    now = site.clock()
    sent = 0
    with site.database.writing() as connection:
        workers.hold_lease(connection, "books", 900, now)
    while True:
        with site.database.writing() as connection:
            groups = claims.groups_due(connection, now)
            claimed = claims.claim_deliveries(connection, "books", now, groups, 40, 200)
        if not claimed:
            return sent
        sent += len(claimed)
        sets = [claimed[start : start + count] for start in range(0, len(claimed), count)]
        for before, after in itertools.pairwise([[], *sets, []]):
            with site.database.writing() as connection:
                settled = [Settled(each, _ENDED, _VERDICT, "sink") for each in before]
                settling.settle_deliveries(connection, settled, now)
                wanted = [Arming(each, "0" * 64, "sink") for each in after]
                arming.arm_deliveries(connection, "books", wanted, 660)


def _deliver(site: Site, port: int, signers: Sequence[Signer] = ()) -> None:
    transport = _over(port)
    warm_up(site, transport.name)
    report = deliver_due(sender(site, [transport], signers))
    if report.states[DeliveryState.ACCEPTED] != site.mails:
        raise RuntimeError(str(report))


def _over(port: int) -> SmtpTransport:
    return SmtpTransport(SmtpSettings("127.0.0.1", port, tls=Tls.NEVER))


def _bound(
    way: Callable[[int, list[bytes]], None], port: int, messages: list[bytes]
) -> Callable[[], None]:
    return lambda: way(port, messages)


def _table(
    title: str,
    timed: Mapping[str, Callable[[], object]],
    counts: int | dict[str, int],
    prepare: Callable[[], object] = lambda: None,
) -> None:
    """Print the median of processor time a mail, and how often it goes into the first one's."""
    found: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(ROUNDS):
        for name, work in timed.items():
            prepare()
            gc.collect()
            count = counts if isinstance(counts, int) else counts[name]
            before = peers.cpu()
            work()
            found[name].append((peers.cpu() - before) / count * 1e6)
    print(f"\n{title}")
    medians = {name: statistics.median(each) for name, each in found.items()}
    baseline = next(iter(medians.values()))
    for name, median in medians.items():
        print(f"  {name:44} {median:8.0f} us {baseline / median:6.1f} x")


if __name__ == "__main__":
    main()
