"""What of the settings the checks of mail look at."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from digest.app import App
from digest.checks.findings import Finding, bad, good
from digest.checks.identity import MailIdentity
from digest.config import Settings
from digest.delivery.sendmail import COMMAND
from digest.delivery.smtp import SmtpTransport


def identity_of(app: App) -> MailIdentity:
    """Return whom mails say they are from, and the servers they go to."""
    servers = [each for each in app.transports() if isinstance(each, SmtpTransport)]
    return MailIdentity(
        mail_from=app.settings.mail_from,
        return_to=app.settings.return_to or app.settings.mail_from,
        ehlo_name=app.ehlo_name,
        relays=tuple(each.settings for each in servers),
        is_piped=any(route.startswith("sendmail:") for route in app.settings.mail_routes),
        dkim=tuple(signer.dns_record() for signer in app.signers),
    )


def check_routes(settings: Settings) -> Iterator[Finding]:
    """Yield what is said of ways to deliver that are on this machine."""
    for route in settings.mail_routes:
        scheme, _, rest = route.partition(":")
        if scheme in ("maildir", "file"):
            yield good("mail", f"goes to {route}, not to the world: nothing to ask of DNS")
        elif scheme == "sendmail":
            program = Path(unquote(rest.removeprefix("//")) or COMMAND[0])
            if shutil.which(program):
                yield good("mail", f"goes through {program}, which can be run")
            else:
                says = f"{program} cannot be run; install a mail program or change DIGEST_MAIL"
                yield bad("mail", says)
