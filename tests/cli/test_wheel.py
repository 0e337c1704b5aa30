"""What people install: the wheel, in an environment of its own, away from the checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.slow


def build(folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    [wheel] = folder.glob("*.whl")
    return wheel


def test_the_wheel_runs_the_demo_from_anywhere(tmp_path: Path) -> None:
    wheel = build(tmp_path / "dist")
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    target = tmp_path / "installed"
    install = [uv, "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)]
    if not Path(uv).exists():
        install = [sys.executable, "-m", "pip", *install[2:]]
    subprocess.run(install, check=True, capture_output=True)
    # Isolated from the checkout: an editable install would otherwise lend its folders.
    code = (
        f"import sys; sys.path.insert(0, {str(target)!r}); "
        "import digest; assert digest.__file__.startswith(sys.path[0]), digest.__file__; "
        "from digest.cli import main; main()"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DIGEST_", "PYTHON"))}
    # As without the extra `scale`, which the wheel does not bring: in a new folder numba would
    # compile for ten seconds what other tests run compiled.
    environment["DIGEST_COMPILED"] = "off"
    result = subprocess.run(
        [sys.executable, "-c", code, "demo"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.count("accepted 250") == 3
