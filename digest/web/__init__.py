"""The pages, feeds and API: for any browser, no script, a cookie for who signs in alone.

Nothing changes on a GET.
"""

from digest.web.app import build_web

__all__ = ["build_web"]
