"""`/static/{name}`: the style sheet and the icon, under addresses that change with them."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.web.site import site_of

_FOR_EVER = "public, max-age=31536000, immutable"
_SHORTLY = "public, max-age=300"


async def serve(request: Request) -> Response:
    """Return a static file, to be kept for ever if it was asked for by its present version."""
    site = site_of(request)
    asset = site.assets.get(request.path_params["name"])
    if asset is None:
        raise HTTPException(404, "There is no such file.")
    is_exact = request.query_params.get("v") == asset.version
    headers = {
        "Cache-Control": _FOR_EVER if is_exact else _SHORTLY,
        "Content-Type": asset.content_type,
        "ETag": f'"{asset.version}"',
    }
    if asset.version in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(asset.body, headers=headers)


ROUTES = (Route("/static/{name}", serve),)
