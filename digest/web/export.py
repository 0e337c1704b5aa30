"""`/account/export`: all that is kept about the reader who is signed in, as a file."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from digest.pipeline.export import export
from digest.web.sessions import signed_in
from digest.web.site import site_of


def download(request: Request) -> Response:
    """Return the file, written while it is sent."""
    app = site_of(request).app
    _, subscriber = signed_in(request)
    pieces = export(app.database, app.clock, app.settings.site_name, subscriber.id)
    answer = StreamingResponse(pieces, media_type="application/json")
    name = f"digest-{app.clock().date().isoformat()}.json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


ROUTES = (Route("/account/export", download),)
