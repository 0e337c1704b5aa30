"""Who holds a delivery: a name that tells a dead process of this machine from a slow one.

The name has the host, the boot, the pid's namespace, the pid and when the process started, so that
neither a reboot, nor a container with the same host name, nor a pid used again is mistaken.
Where there is no /proc nobody is ever surely dead, and a lease decides.
"""

import os
import socket
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
_DEAD = frozenset("ZXx")
_STARTED_AT = 19  # the field of /proc/PID/stat after the command's closing parenthesis


def this_owner() -> str:
    """Return the name of this process, at most 80 characters."""
    return f"{_machine()}/{os.getpid()}/{_started(os.getpid()) or 0}"


def this_process() -> str:
    """Return a name of this process among those that this machine has now."""
    return f"{os.getpid()}-{_started(os.getpid()) or 0}"


def has_ended(process: str) -> bool:
    """Tell whether a process that gave its name by `this_process` is not here any more."""
    return process != this_process() and not _is_running(process)


def is_surely_dead(owner: str) -> bool:
    """Tell whether the process of a name ran here and is no more; False where that is not known."""
    machine, _, process = owner.partition("/")
    pid, _, started = process.partition("/")
    if not _BOOT.exists() or machine != _machine() or not pid.isdigit():
        return False
    return str(_started(int(pid))) != started


def is_of_another_boot(owner: str) -> bool:
    """Tell whether a name was given on a machine called as this one, but in another boot of it.

    That process is dead where nobody works but this machine, as on SQLite; elsewhere another
    machine may have the same name.
    """
    host, _, rest = owner.partition("/")[0].partition(":")
    this_host, _, this_rest = _machine().partition(":")
    boot, this_boot = rest.partition(":")[0], this_rest.partition(":")[0]
    return host == this_host and bool(boot and this_boot) and boot != this_boot


def _machine() -> str:
    boot = _BOOT.read_text()[:8] if _BOOT.exists() else ""
    namespace = _NAMESPACE.stat().st_ino if _NAMESPACE.exists() else 0
    return f"{socket.gethostname()[:30].replace('/', '-')}:{boot}:{namespace}"


def _is_running(process: str) -> bool:
    pid, _, started = process.partition("-")
    if not pid.isdigit():
        return False
    if _BOOT.exists():
        return str(_started(int(pid))) == started
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _started(pid: int) -> int | None:
    """Return when a process started, in clock ticks since the boot; None if it is not there."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = status.rpartition(")")[2].split()
    # A zombie is dead, and has only not been asked how it died.
    return None if fields[0] in _DEAD else int(fields[_STARTED_AT])
