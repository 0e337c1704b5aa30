"""The linters that are no Python: installed once for all workers, found, and run.

A tool that is missing fails the suite in CI; on a machine of somebody who works it is skipped with
a sentence that says what to install.
"""

import fcntl
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest

HERE = Path(__file__).resolve().parent
_MODULES = HERE / "node_modules"
_LONG = 240


def program(name: str) -> str:
    """Return the path of a program, or leave its tests out."""
    found = shutil.which(name)
    if found is None:
        leave_out(f"{name} is not installed")
    return found


def node_modules() -> Path:
    """Return the folder of the npm packages that package-lock.json pins, installed if need be."""
    npm = program("npm")
    with (HERE / "package-lock.json").open() as pinned:
        fcntl.flock(pinned, fcntl.LOCK_EX)  # every worker comes here at once, one of them installs
        wanted = pinned.read()
        stamp = _MODULES / ".of-lock-file"
        if not stamp.is_file() or stamp.read_text() != wanted:
            _install(npm)
            stamp.write_text(wanted)
    return _MODULES


def _install(npm: str) -> None:
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    told = f"no answer in {_LONG} s"
    with suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            command, cwd=HERE, capture_output=True, text=True, timeout=_LONG, check=False
        )
        if done.returncode == 0:
            return
        told = done.stderr
    leave_out(f"npm cannot install what tests/lint/package-lock.json pins: {told}")


def leave_out(sentence: str) -> NoReturn:
    """Skip a test for the want of a tool; fail it in CI, which has every tool."""
    if os.environ.get("CI"):
        pytest.fail(f"CI lints with every tool: {sentence}")
    pytest.skip(sentence)
