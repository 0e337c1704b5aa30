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
_STARTED_AT = 19  # the field of /proc/PID/stat after the command's closing parenthesis


def this_owner() -> str:
    """Return the name of this process, at most 80 characters."""
    return f"{_machine()}/{os.getpid()}/{_started(os.getpid()) or 0}"


def is_surely_dead(owner: str) -> bool:
    """Tell whether the process of a name ran here and is no more; False where that is not known."""
    machine, _, process = owner.partition("/")
    pid, _, started = process.partition("/")
    if not _BOOT.exists() or machine != _machine() or not pid.isdigit():
        return False
    return str(_started(int(pid))) != started


def _machine() -> str:
    boot = _BOOT.read_text()[:8] if _BOOT.exists() else ""
    namespace = _NAMESPACE.stat().st_ino if _NAMESPACE.exists() else 0
    return f"{socket.gethostname()[:30].replace('/', '-')}:{boot}:{namespace}"


def _started(pid: int) -> int | None:
    """Return when a process started, in clock ticks since the boot; None if it is not there."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(status.rpartition(")")[2].split()[_STARTED_AT])
