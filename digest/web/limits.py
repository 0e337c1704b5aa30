"""What is asked for too often by forms: counted in the database, for all processes."""

from math import ceil

from starlette.requests import Request

from digest.errors import TooManyError
from digest.pipeline import limits
from digest.pipeline.limits import Asked, Limits, mailbox_of, stricter
from digest.web.client_address import network_of, wider
from digest.web.site import Site, site_of


def limits_at(site: Site) -> Limits:
    """Return what counts how often is asked at a site."""
    return Limits(site.app.database, site.app.tokens, site.app.clock)


def may_mail(
    request: Request, address: str, *, is_confirmation: bool = False, needs_none: bool = False
) -> bool:
    """Tell whether a form may have a mail sent to an address; who asks is answered alike either way.

    Of an address that `needs_none`, as it was mailed already or is nobody's, the network's and the
    site's limits are used all the same, its own are left for when it does.

    Raises TooManyError, 429, where the network that asks, or everybody together, asks too often:
    that says nothing about the address. Raises AddressError for what is no address.
    """
    site = site_of(request)
    mailbox = mailbox_of(address)
    network = network_of(request)
    asked = [
        *([Asked(limits.MAILS_OF_NETWORK, network)] if network else []),
        *([Asked(limits.MAILS_OF_WIDE_NETWORK, wide)] if (wide := wider(network)) else []),
        Asked(limits.MAILS_OF_SITE, ""),
    ]
    general = {each.limit.name for each in asked}
    if site.watch.sign_ups().is_attack:
        asked = [Asked(stricter(each.limit), each.subject) for each in asked]
    if is_confirmation:
        asked.append(Asked(limits.CONFIRMATION, mailbox))
    if not needs_none:
        asked += [Asked(each, mailbox) for each in limits.MAILS_TO_ADDRESS]
    refusal = limits_at(site).take(*asked)
    if refusal is not None and refusal.limit.name in general:
        raise TooManyError(refusal.wait)
    return refusal is None and not needs_none


def check_change(request: Request, subscriber_id: int) -> None:
    """Count a reader's wish to move to another address; raises TooManyError."""
    _check(request, Asked(limits.CHANGES_OF_READER, str(subscriber_id)))


def check_operator(request: Request, name: str) -> None:
    """Count an attempt to sign in as an operator, whether or not there is one; raises TooManyError."""
    if network := network_of(request):
        _check(request, Asked(limits.OPERATOR_OF_NETWORK, network))
    else:
        _check(request, Asked(limits.OPERATOR_BY_NAME, name))


def retry_after(error: TooManyError) -> str:
    """Return the Retry-After of a refusal: whole seconds, never 0."""
    return str(max(1, ceil(error.wait.total_seconds())))


def _check(request: Request, *asked: Asked) -> None:
    refusal = limits_at(site_of(request)).take(*asked)
    if refusal is not None:
        raise TooManyError(refusal.wait)
