"""The pages of operators: behind their own sign-in, every deed a POST with a line in the audit log."""

from digest.web.admin import (
    audit_log,
    deliveries,
    dumps,
    overview,
    pauses,
    readers,
    sign_in,
    sources,
)

ROUTES = (
    *overview.ROUTES,
    *sign_in.ROUTES,
    *dumps.ROUTES,
    *sources.ROUTES,
    *deliveries.ROUTES,
    *readers.ROUTES,
    *pauses.ROUTES,
    *audit_log.ROUTES,
)
