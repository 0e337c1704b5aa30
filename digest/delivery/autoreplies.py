"""Which mails were written by a machine on a reader's behalf: they say nothing about delivery."""

import re

from digest.delivery.mail_parts import Mail, field, fields_of
from digest.delivery.message import header_text

# RFC 3834 has one header field for it; these came before, or instead.
_MARKS = frozenset({"x-autoreply", "x-autorespond", "x-autoreply-from", "x-mail-autoreply"})
_PRECEDENCES = frozenset({"auto_reply", "auto-reply", "autoreply"})
_SUBJECTS = re.compile(
    r"(?:(?:re|aw|sv|antw)\s*:\s*)*\W*"
    r"(?:out[ -]of[ -](?:the[ -])?office|auto(?:matic|mated)?[ -]?(?:reply|response)|auto:"
    r"|(?:on |i am on )?(?:vacation|annual leave|holiday)|i am (?:away|out of)|away from my"
    r"|abwesen|automatische antwort|r[ée]ponse automatique|absence du bureau"
    r"|respuesta autom|risposta autom|resposta autom|automatisch antwoord|afwezig"
    r"|autosvar|fr[åa]nvaro|自動応答|自动回复|不在)",
    re.IGNORECASE,
)
# Decoding is slow, and what tells stands in front.
_MAX_SUBJECT = 500
_REPORTERS = re.compile(r"mailer-daemon|postmaster|mail delivery|mail-daemon", re.IGNORECASE)


def is_autoreply(mail: Mail) -> bool:
    """Tell whether a mail is an out-of-office note or the like. Asked after it is no report.

    Old mail servers mark what they report as auto-replied too, but say who they are.
    """
    if any(name in _MARKS and value.strip().lower() != "no" for name, value in fields_of(mail)):
        return True
    if field(mail, "precedence").strip().lower() in _PRECEDENCES:
        return True
    if _SUBJECTS.match(header_text(field(mail, "subject")[:_MAX_SUBJECT])):
        return True
    submitted = field(mail, "auto-submitted").strip().lower()
    return submitted.startswith("auto-replied") and not _is_from_a_server(mail)


def _is_from_a_server(mail: Mail) -> bool:
    return bool(field(mail, "x-failed-recipients") or _REPORTERS.search(field(mail, "from")))
