"""Forms that programs fill in: a field no person sees, and the time at which the form was shown.

There is no proof of work: it would need a script, and every page here works without.
"""

from dataclasses import replace

from digest.web.form_times import AT_LEAST, AT_MOST, age_of
from digest.web.forms import Filled, Problem
from digest.web.site import Form, Site

# templates/web/parts.html, guarded(): a name that no browser fills in by itself.
TRAP = "remarks"
SHOWN = "shown"


def is_trapped(form: Form) -> bool:
    """Tell whether a program filled a form in: it is answered as if all were well, and nothing done."""
    return bool(form.get(TRAP))


def untimely(form: Form, site: Site, field: str = "address") -> Problem | None:
    """Return what is wrong with when a form was shown: a moment ago, too long ago, or it does not say.

    It is shown once more, filled, so that a person need only press the button again: a browser that
    fills fields in and one key are as quick as a program, and who is quick must not be lost unheard.
    """
    age = age_of(site.app, form.get(SHOWN, ""))
    if age is None or age > AT_MOST:
        return Problem(field, "This page was open for too long. Please press the button once more.")
    if age < AT_LEAST:
        says = "This came as quickly as programs send forms. Please press the button once more."
        return Problem(field, says)
    return None


def unless_untimely(filled: Filled, form: Form, site: Site) -> Filled:
    """Return a form as it was read, to be shown again if it came too soon or too late."""
    problem = untimely(form, site)
    if problem is None:
        return filled
    return replace(filled, problems=(*filled.problems, problem), wishes=None)
