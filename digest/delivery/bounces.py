"""What a mail that came back says: a failure, a complaint, or nothing that matters.

Pure, and never raises: everything in such a mail was written by strangers. So it also decides
nothing; whose mail it is about stands in an address with a MAC (`verp`).
"""

import logging
from dataclasses import dataclass
from enum import StrEnum

from flufl.bounce import all_failures

from digest.delivery.autoreplies import is_autoreply
from digest.delivery.mail_parts import (
    Mail,
    addresses_in,
    enclosed_headers,
    field,
    open_mail,
    part_of_type,
    parts_of,
    words_of,
)
from digest.delivery.status_reports import MAX_TEXT, TYPES, codes_in, read_status
from digest.delivery.suppression import Failure
from digest.text import clean_line, clip

logger = logging.getLogger(__name__)
# It logs whatever a hostile mail breaks in it, with a traceback.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)

# Servers and mail readers say here to which address they were given a mail.
_RECEIVED_FOR = frozenset({"delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to"})
_SENT_FROM = frozenset({"return-path", "list-unsubscribe"})
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out"})
# The rules of thumb are tried on so much only: many of them, on every line.
_MAX_GUESSED = 16_384
_MAX_GUESSED_LINE = 200


class ReportKind(StrEnum):
    """What a mail that came back is about."""

    FAILURE = "failure"
    COMPLAINT = "complaint"
    NOTICE = "notice"
    AUTOREPLY = "autoreply"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Report:
    """A mail that came back, read.

    `failure` goes with the kind of that name. `received_for` are the addresses it was delivered to,
    for an intake that does not know the envelope; `sent_from` the return addresses the enclosed
    mail was sent with. Neither is worth anything before its MAC is checked.
    """

    kind: ReportKind
    text: str = ""
    failure: Failure | None = None
    received_for: tuple[str, ...] = ()
    sent_from: tuple[str, ...] = ()
    message_id: str = ""


def read_report(message: bytes) -> Report:
    """Return what a mail that came back says. Reads a bounded head of it; never raises."""
    received_for: tuple[str, ...] = ()
    try:
        mail = open_mail(message)
        received_for = addresses_in(mail, _RECEIVED_FOR)
        kind, failure, text = _read(mail, message)
        return Report(
            kind=kind,
            text=clip(clean_line(text), MAX_TEXT),
            failure=failure,
            received_for=received_for,
            sent_from=_sent_from(mail),
            message_id=clip(clean_line(field(mail, "message-id")), MAX_TEXT),
        )
    except Exception as error:  # noqa: BLE001  the standard parser trips over, say, a NUL charset
        logger.warning("a returned mail cannot be read: %r", error)
        return Report(ReportKind.UNKNOWN, received_for=received_for)


def _read(mail: Mail, message: bytes) -> tuple[ReportKind, Failure | None, str]:
    if status := part_of_type(mail, TYPES):
        failure, text = read_status(status)
        return ReportKind.FAILURE if failure else ReportKind.NOTICE, failure, text
    if feedback := part_of_type(mail, {"message/feedback-report"}):
        return _feedback(feedback)
    if part_of_type(mail, {"message/disposition-notification"}) or is_autoreply(mail):
        return ReportKind.AUTOREPLY, None, ""
    return _guess(mail, message)


def _feedback(part: Mail) -> tuple[ReportKind, None, str]:
    """Read an abuse report (RFC 5965); those about DMARC, viruses and "not spam" are notices."""
    fields = enclosed_headers(part) or part
    feedback = field(fields, "feedback-type").strip().lower()
    is_complaint = feedback in _COMPLAINTS
    text = f"{feedback} reported by {field(fields, 'user-agent') or 'a provider'}"
    return ReportKind.COMPLAINT if is_complaint else ReportKind.NOTICE, None, text


def _guess(mail: Mail, message: bytes) -> tuple[ReportKind, Failure | None, str]:
    """Read a report of no standard form, by the rules of thumb of flufl.bounce."""
    opened = open_mail(message, _MAX_GUESSED, _MAX_GUESSED_LINE)
    for part in parts_of(opened):
        if part.get_content_maintype() == "message":
            part.set_payload("")  # what a forwarded mail says is not said of ours
    try:
        temporary, permanent = all_failures(opened)
    except Exception as error:  # noqa: BLE001  a From without an address breaks a rule of it
        logger.info("a returned mail cannot be guessed at: %r", error)
        return ReportKind.UNKNOWN, None, ""
    if permanent:
        words = clean_line(words_of(mail)[:_MAX_GUESSED])
        return ReportKind.FAILURE, codes_in(words), words
    return ReportKind.NOTICE if temporary else ReportKind.UNKNOWN, None, ""


def _sent_from(mail: Mail) -> tuple[str, ...]:
    found: list[str] = []
    for part in parts_of(mail):
        if part.get_content_type() == "message/feedback-report":
            fields = enclosed_headers(part) or part
            found += addresses_in(fields, {"original-mail-from"})
        elif enclosed := enclosed_headers(part):
            found += addresses_in(enclosed, _SENT_FROM)
    return tuple(dict.fromkeys(found))
