"""The pages and feeds: read with any browser, no script, no cookie; nothing changes on a GET."""

from digest.web.app import build_web

__all__ = ["build_web"]
