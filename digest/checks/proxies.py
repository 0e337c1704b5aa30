"""What is said of the proxies that stand before the pages."""

from digest.checks.findings import Finding, bad, good
from digest.config import Settings


def check_proxies(settings: Settings) -> Finding:
    """Return whether it is known by how many proxies readers come."""
    if settings.proxies:
        says = (
            f"{settings.proxies} counted, whose X-Forwarded-For says whom limits by network are for"
        )
        return good("proxies", says)
    if settings.public_url.startswith("https:"):
        says = (
            f"{settings.public_url} is https, which this server does not speak: a proxy stands before"
            " it, and limits by network count it instead of readers, or nobody; set"
            " DIGEST_TRUSTED_PROXIES to how many there are in a row, 1 for one, and let nobody else"
            " reach the port"
        )
        return bad("proxies", says)
    return good("proxies", "none; limits by network are for whoever connects")
