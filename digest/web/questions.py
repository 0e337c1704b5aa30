"""How often a network may ask what nobody has asked lately: each such answer is work.

A search of the archive takes up to half a second, and what is remembered costs nothing and is not
counted. Counted in the process, as it is the process that works.
"""

from starlette.requests import Request

from digest.web.client_address import network_of

# Who tries words one after the other never comes near it; who asks all day has a tenth of a core.
MOST, SPAN = 60.0, 300.0


def check_question(request: Request, cost: float = 1.0) -> None:
    """Count a question that is about to be answered anew, or a longer one; raises TooManyError."""
    if network := network_of(request):
        request.app.state.questions.check(network, cost)
