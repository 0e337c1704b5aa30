"""Where tokens stand in addresses: what has one is kept out of logs, caches, searches and referrers."""

import re

from digest.tokens import Purpose

# By the first step of the path; a page behind a token of another kind is a row more.
PURPOSES = {
    "confirm": Purpose.CONFIRM,
    "preferences": Purpose.PREFERENCES,
    "unsubscribe": Purpose.UNSUBSCRIBE,
    "u": Purpose.UNSUBSCRIBE,
    "steer": Purpose.STEER,
    "sign-in": Purpose.SIGN_IN,
    "address": Purpose.ADDRESS,
    "issues": Purpose.ISSUE,
}
# A private feed says for itself how long it may be kept, and where.
FEED = "f"

_BEHIND = "|".join(PURPOSES)
TOKEN_PATH = re.compile(rf"/({_BEHIND})/[^\s?\"]+")
# What stands behind the "?" of such an address, as what a reader has just muted, is nobody's business
# either.
MASKED_PATH = re.compile(rf"/({_BEHIND}|{FEED}|api/v1/me|admin)/[^\s\"]+")
# Behind a session, or on the way to one.
ACCOUNT_PATH = re.compile(r"/(account|admin|sign-in)(/|$)")

# What no robot should open.
NOT_FOR_ROBOTS = (
    *(f"/{step}/" for step in (*PURPOSES, FEED) if step != "sign-in"),
    *("/sign-in", "/account", "/admin"),
)
