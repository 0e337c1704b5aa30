"""What `digest doctor` looks at: one finding a subject, each with what to do."""

from digest.app import App
from digest.checks.database import check_database
from digest.checks.findings import Finding, Level, bad
from digest.checks.folders import check_folders, check_links
from digest.checks.intake import check_intake
from digest.checks.mail import check_mail
from digest.checks.operators import check_operators
from digest.checks.proxies import check_proxies
from digest.checks.settings import check_routes, identity_of
from digest.checks.sources import check_sources
from digest.checks.templates import check_templates
from digest.delivery.dns import Resolver
from digest.errors import ConfigError

__all__ = ["Finding", "Level", "check_all"]


def check_all(app: App) -> list[Finding]:
    """Return what was found, in the order of the flow; changes nothing."""
    findings = [
        *check_folders(app.settings),
        *check_templates(app),
        *check_database(app),
        *check_operators(app),
        *check_sources(app),
        *check_routes(app.settings),
    ]
    if app.settings.sends_out:
        findings += _outward(app)
    findings += [check_intake(url) for url in app.settings.returns.split()]
    return [*findings, check_proxies(app.settings), check_links(app.settings)]


def _outward(app: App) -> list[Finding]:
    try:
        resolver = Resolver(app.settings.resolver)
    except ConfigError as error:
        return [bad("DNS", str(error))]
    return check_mail(identity_of(app), resolver, app.clock())
