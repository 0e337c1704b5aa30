"""Imported by the process that all workers are forked from: what they need is there at once."""

from digest.rendering.environment import compiled, email_environment
from tests.faults.worker import obey

__all__ = ["obey"]

for part in ("subject.txt", "body.txt", "body.html"):
    compiled(email_environment(), f"email/digest/{part}")
