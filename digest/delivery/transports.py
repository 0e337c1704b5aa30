"""The one shape of everything that can hand over a mail."""

from typing import Protocol

from digest.model.deliveries import Verdict


class Transport(Protocol):
    """One way to hand over mails, one at a time; siblings: smtp, maildir, file.

    Not for two threads at once: each worker has its own.
    """

    name: str

    def send(self, sender: str, recipient: str, message: bytes, key: str) -> Verdict:
        """Hand over one mail and say how it ended.

        Whatever a server, a network or a disk can do comes back as a verdict, never as an
        exception. The caller sends the same bytes under the same key on every attempt, and after
        an UNCERTAIN verdict decides itself whether to try again. May take as long as the
        transport's longest timeout (ten minutes for SMTP's last reply).
        """

    def close(self) -> None:
        """Let go of connections; a later send opens new ones. Safe to call twice."""
