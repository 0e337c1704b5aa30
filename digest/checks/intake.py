"""What is said about the place where bounces are taken in."""

import errno
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from digest.checks.findings import Finding, bad, good, unknown

PATIENCE = 5.0  # seconds
_WHAT = "returns"
_PORTS = {"imap": 143, "imaps": 993}


def check_intake(url: str, patience: float = PATIENCE) -> Finding:
    """Return whether an intake of `DIGEST_RETURNS` can be used."""
    scheme, _, rest = url.partition(":")
    if scheme == "maildir":
        return _folder(Path(rest).expanduser())
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(scheme, 0)
    except ValueError as error:
        return bad(_WHAT, f"DIGEST_RETURNS is no address ({error}); write host and port")
    if scheme in ("imap", "imaps"):
        return _mailbox(host, port, patience)
    if not port:
        return bad(_WHAT, f"{url} has no port; write one, such as {scheme}://127.0.0.1:2424")
    return _listener(host, port, patience)


def _folder(path: Path) -> Finding:
    if not path.exists():
        says = "Digest makes it when it starts; see that the mail server delivers there"
        return unknown(_WHAT, f"{path} is not there yet: {says}")
    if not os.access(path / "new", os.W_OK) or not os.access(path / "cur", os.W_OK):
        return bad(_WHAT, f"{path} cannot be written; what is read is moved from new to cur")
    return good(_WHAT, f"are read from {path}")


def _mailbox(host: str, port: int, patience: float) -> Finding:
    try:
        socket.create_connection((host, port), patience).close()
    except OSError as error:
        says = f"{host}:{port} does not answer ({error.strerror or error}); see DIGEST_RETURNS"
        return bad(_WHAT, says)
    return good(_WHAT, f"are read from the mailbox at {host}:{port}, which answers")


def _listener(host: str, port: int, patience: float) -> Finding:
    where = f"{host}:{port}"
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _taken(host, port, patience)
        says = f"cannot listen on {where} ({error.strerror or error}); see DIGEST_RETURNS"
        return bad(_WHAT, says)
    return good(_WHAT, f"{where} is free to listen on")


def _taken(host: str, port: int, patience: float) -> Finding:
    """Return what is said of a port in use: most likely by Digest, which is running."""
    where = f"{host}:{port}"
    try:
        with socket.create_connection((host, port), patience) as connection:
            said = connection.recv(200).decode("latin-1")
    except OSError as error:
        said = f"nothing ({error.strerror or error})"
    words = " ".join(part for part in said.split() if part.isprintable())
    if words.startswith("220") and words.endswith(" Digest"):
        return good(_WHAT, f"Digest is listening on {where}")
    return bad(_WHAT, f"{where} is taken, by what says {words!r}; stop it or take another port")
