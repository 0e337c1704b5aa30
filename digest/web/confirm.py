"""`/confirm/{token}`: the page a mail's link opens, and the one button that says yes."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.subscribers import SubscriberState
from digest.pipeline.subscribe import confirm, read_confirmation
from digest.web.site import Form, site_of, takes_form


def ask(request: Request) -> Response:
    """Return the question, which changes nothing; a link used before says that all is well."""
    site = site_of(request)
    subscriber = read_confirmation(site.app.registry, request.path_params["token"])
    if subscriber.state is SubscriberState.ACTIVE:
        return site.page("confirmed", subscriber=subscriber, is_new=False, is_back=False)
    return site.page("confirm", subscriber=subscriber)


def answer(request: Request, _form: Form) -> Response:
    """Make the reader active; a second time changes nothing."""
    site = site_of(request)
    subscriber = confirm(site.app.registry, request.path_params["token"])
    return site.page("confirmed", subscriber=subscriber, is_new=True, is_back=False)


ROUTES = (
    Route("/confirm/{token}", ask),
    Route("/confirm/{token}", takes_form(answer), methods=["POST"]),
)
