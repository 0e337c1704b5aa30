"""All endpoints of the API, in the order in which they are described."""

from digest.web.api import archive, me, own_digests, papers, previews, sent_dumps, steering
from digest.web.api.endpoint import Call, Endpoint, Json
from digest.web.api.openapi import describe

ROOT = "/api/v1"


def show_description(call: Call) -> Json:
    """Return the description of all endpoints."""
    site = call.site
    return describe(ENDPOINTS, site.app.settings.site_name, site.url(ROOT))


ENDPOINTS = (
    *papers.ENDPOINTS,
    *archive.ENDPOINTS,
    *previews.ENDPOINTS,
    Endpoint(
        "GET",
        "/openapi.json",
        "getDescription",
        "This description, in OpenAPI 3.1",
        show_description,
        {"type": "object", "required": ["openapi", "info", "paths"]},
    ),
    *me.ENDPOINTS,
    *own_digests.ENDPOINTS,
    *steering.ENDPOINTS,
    *sent_dumps.ENDPOINTS,
)
