"""A dead process of this machine is told from a slow one, and from one of another machine."""

import subprocess
import sys

from digest.delivery.owner import is_of_another_boot, is_surely_dead, this_owner
from tests.conftest import REPOSITORY

SAY = "from digest.delivery.owner import this_owner; print(this_owner(), flush=True); input()"


def test_a_process_is_dead_once_it_has_ended() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SAY],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        owner = process.stdout.readline().strip()
        alive = is_surely_dead(owner)
        process.kill()
        process.wait()

    assert not alive
    assert is_surely_dead(owner)
    assert len(owner) <= 80


def test_this_process_is_alive() -> None:
    assert not is_surely_dead(this_owner())


def test_a_pid_that_is_used_again_is_another_process() -> None:
    machine, pid, _ = this_owner().split("/")

    assert is_surely_dead(f"{machine}/{pid}/1")


def test_nobody_of_another_machine_is_surely_dead() -> None:
    _, pid, started = this_owner().split("/")

    for owner in (f"elsewhere:1234abcd:1/{pid}/{started}", "elsewhere/999999/1", "", "me"):
        assert not is_surely_dead(owner)


def test_a_name_of_another_boot_is_told_from_one_of_another_machine() -> None:
    host, boot, namespace = this_owner().partition("/")[0].split(":")

    assert is_of_another_boot(f"{host}:{boot[::-1]}x:{namespace}/1/2")
    for owner in (this_owner(), f"{host}::0/1/2", f"elsewhere:1234abcd:{namespace}/1/2", "me", ""):
        assert not is_of_another_boot(owner)
