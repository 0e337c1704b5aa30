"""Which addresses are throttled together: those whose mail one operator takes in.

The big mailbox providers under their many names, everybody else under their own domain. A table,
not MX lookups: a lookup would stand between composing and the ledger, and fail when DNS does.
"""

import re

from digest.delivery.address import address_key, normal_address
from digest.errors import AddressError

_PROVIDERS = {
    "gmail": ("gmail.com", "googlemail.com"),
    "microsoft": ("outlook.com", "hotmail.com", "live.com", "msn.com", "passport.com"),
    "yahoo": ("yahoo.com", "ymail.com", "rocketmail.com", "aol.com", "myyahoo.com"),
    "apple": ("icloud.com", "me.com", "mac.com"),
    "gmx": ("gmx.de", "gmx.net", "gmx.com", "gmx.at", "gmx.ch", "web.de"),
    "proton": ("proton.me", "protonmail.com", "pm.me"),
}
_GROUPS = {domain: group for group, domains in _PROVIDERS.items() for domain in domains}
# hotmail.co.uk, yahoo.co.jp, live.fr ...: one operator under the ending of many countries.
_FAMILIES = {"hotmail": "microsoft", "outlook": "microsoft", "live": "microsoft", "yahoo": "yahoo"}
_OF_A_COUNTRY = re.compile(r"(hotmail|outlook|live|yahoo)\.(?:com?\.)?[a-z]{2}")
MAX_LENGTH = 80


def domain_group(address: str) -> str:
    """Return the group of an address: a provider's name, or its own domain (clipped to 80)."""
    domain = address_key(address).rpartition("@")[2]
    if known := _GROUPS.get(domain):
        return known
    family = _OF_A_COUNTRY.fullmatch(domain)
    return _FAMILIES[family[1]] if family else domain[:MAX_LENGTH]


def meant_group(written: str) -> str:
    """Return the group that is meant by its own name (`gmail`) or by one of its domains.

    Raises AddressError for what can be neither: to pause it would pause nothing.
    """
    domain = written.strip().rpartition("@")[2]
    try:
        normal_address(f"x@{domain}" if "." in domain else f"x@{domain}.test")
    except AddressError as error:
        message = "Write a domain, such as example.org, or a group, such as gmail."
        raise AddressError(message) from error
    return domain_group(f"x@{domain}")
