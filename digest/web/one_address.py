"""Forms whose one field is a mail address."""

from digest.delivery.address import normal_address
from digest.errors import AddressError
from digest.web.forms import Filled, Problem, problem_of
from digest.web.site import Form


def read_address(form: Form, also: Problem | None = None) -> Filled:
    """Return the form as it was sent, with what is wrong with its address, and what is `also`."""
    typed = form.get("address", "")
    problems = []
    try:
        normal_address(typed)
    except AddressError as error:
        problems.append(problem_of("address", error))
    if also is not None:
        problems.append(also)
    return Filled({"address": typed}, tuple(problems), None)
