"""A real LMTP server, Dovecot, with every account of one domain, in a folder of its own."""

import getpass
import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

WAY_OUT = "install Dovecot (apt-get install dovecot-lmtpd)"
_LMTP = Path("/usr/lib/dovecot/lmtp")

_CONFIG = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = lmtp
listen = 127.0.0.1
ssl = no
default_internal_user = {account}
default_internal_group = {group}
default_login_user = {account}
first_valid_uid = 0
mail_location = maildir:{root}/mail/%n
mail_uid = {account}
mail_gid = {group}
lmtp_rcpt_check_quota = no
postmaster_address = postmaster@b.test
userdb {{
  driver = static
  args = uid={account} gid={group} home={root}/mail/%n allow_all_users=yes
}}
passdb {{
  driver = static
  args = nopassword=y
}}
service lmtp {{
  chroot =
  unix_listener {root}/lmtp {{
    mode = 0666
  }}
  inet_listener lmtp {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """Where it listens; each account has a Maildir of its name in `mail`."""

    port: int
    path: Path
    mail: Path

    def mails_of(self, name: str) -> list[bytes]:
        """Return what has been delivered to an account."""
        return [path.read_bytes() for path in sorted((self.mail / name / "new").glob("*"))]


def is_installed() -> bool:
    """Tell whether it can be started here."""
    return shutil.which("dovecot") is not None and _LMTP.exists()


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """Run the server for as long as the block lasts."""
    root = Path(tempfile.mkdtemp(prefix="digest-lmtp-"))
    # Its processes change to the account, which has to be able to go in.
    root.chmod(0o755)
    account = "dovecot" if os.geteuid() == 0 else getpass.getuser()
    entry = pwd.getpwnam(account)
    (root / "mail").mkdir()
    os.chown(root / "mail", entry.pw_uid, entry.pw_gid)
    server = Dovecot(free_port(), root / "lmtp", root / "mail")
    group = grp.getgrgid(entry.pw_gid).gr_name
    config = _CONFIG.format(root=root, account=account, group=group, port=server.port)
    (root / "dovecot.conf").write_text(config)
    with (root / "out").open("w") as out:
        command = ["dovecot", "-F", "-c", str(root / "dovecot.conf")]
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        _wait_for(server.port, process, root)
        yield server
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(root, ignore_errors=True)


def _wait_for(port: int, process: subprocess.Popen[bytes], root: Path) -> None:
    give_up_at = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < give_up_at:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as line:
                if line.recv(3) == b"220":
                    return
        except OSError:
            time.sleep(0.02)
    logs = [path.read_text() for path in (root / "out", root / "log") if path.exists()]
    raise RuntimeError("Dovecot does not start:\n" + "\n".join(logs))
