"""A real IMAP server, Dovecot, with one account, in a folder of its own and on a free port."""

import getpass
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

WAY_OUT = "install Dovecot (apt-get install dovecot-imapd)"
USER = "returns@digest.example.org"
PASSWORD = "p/a#s@s word"  # noqa: S105  of a server that lives for a test

_CONFIG = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
ssl = {ssl}
ssl_cert = <{certificate}
ssl_key = <{certificate}
disable_plaintext_auth = no
auth_failure_delay = 0
auth_mechanisms = plain login
default_internal_user = {account}
default_internal_group = {group}
default_login_user = {account}
first_valid_uid = 0
mail_location = maildir:{root}/mail
mail_uid = {account}
mail_gid = {group}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {root}/passwd
}}
userdb {{
  driver = static
  args = uid={account} gid={group} home={root}/home
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service imap {{
  chroot =
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """Where it listens, and the Maildir that its INBOX is."""

    port: int
    tls_port: int
    mail: Path


def is_installed() -> bool:
    """Tell whether it can be started here."""
    return shutil.which("dovecot") is not None


@contextmanager
def dovecot(certificate: Path, *, has_tls: bool) -> Iterator[Dovecot]:
    """Run the server for as long as the block lasts."""
    root = Path(tempfile.mkdtemp(prefix="digest-dovecot-"))
    # Its processes change to the account, which has to be able to go in.
    root.chmod(0o755)
    account = "dovecot" if os.geteuid() == 0 else getpass.getuser()
    entry = pwd.getpwnam(account)
    server = Dovecot(free_port(), free_port(), root / "mail")
    for folder in ("mail", "mail/new", "mail/cur", "mail/tmp", "home"):
        (root / folder).mkdir()
        os.chown(root / folder, entry.pw_uid, entry.pw_gid)
    (root / "passwd").write_text(f"{USER}:{PASSWORD}\n")
    config = _CONFIG.format(
        root=root,
        certificate=certificate,
        ssl="yes" if has_tls else "no",
        account=account,
        group=grp.getgrgid(entry.pw_gid).gr_name,
        port=server.port,
        tls_port=server.tls_port,
    )
    (root / "dovecot.conf").write_text(config)
    with (root / "out").open("w") as out:
        process = subprocess.Popen(
            ["dovecot", "-F", "-c", root / "dovecot.conf"], stdout=out, stderr=out
        )
    try:
        _wait_for(server.port, process, root)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        shutil.rmtree(root, ignore_errors=True)


def _wait_for(port: int, process: subprocess.Popen[bytes], root: Path) -> None:
    give_up_at = time.monotonic() + 20
    while time.monotonic() < give_up_at:
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as line:
                if line.recv(4) == b"* OK":
                    return
        except OSError:
            time.sleep(0.02)
    process.kill()
    logs = [path.read_text() for path in (root / "out", root / "log") if path.exists()]
    raise RuntimeError("Dovecot does not start:\n" + "\n".join(logs))
