"""The real program, in a process of its own, with a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    return {
        **kept,
        "DIGEST_DATA_DIR": str(tmp_path / "data"),
        "DIGEST_DUMPS_DIR": str(tmp_path / "dumps"),
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Run `digest` with some words and changed variables; return how it ended."""

    def run_digest(*words: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "digest", *words],
            cwd=tmp_path,
            env={**environment, **changes, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run_digest
