"""`/admin/deliveries`: how mails stand; to be sent again, held back or let go."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.delivery.address import address_key, normal_address
from digest.delivery.domains import meant_group
from digest.errors import AddressError
from digest.model.deliveries import Delivery, DeliveryState
from digest.pipeline.operate import Changes, Deed, change
from digest.store import audit
from digest.store.deliveries import deliveries_of
from digest.store.engine import Connection
from digest.store.finding import recent_mails
from digest.store.subscribers import subscriber_by_address
from digest.web.admin.door import done, page, shown
from digest.web.row_numbers import row_number
from digest.web.site import Form, site_of

# A form has forty fields at most: the mails, the filters and the button.
_PAGE = 30
_BOX = "mail-"
_STATES = frozenset(each.value for each in DeliveryState)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which mails are asked for; a problem is at the field whose name goes before it."""

    state: str = ""
    domain: str = ""
    address: str = ""
    before: int | None = None
    problem: tuple[str, str] = ("", "")

    @property
    def query(self) -> str:
        """Return the filters as an address has them, but for the place in the list."""
        given = {"state": self.state, "domain": self.domain, "address": self.address}
        return urlencode({name: text for name, text in given.items() if text})


def show(request: Request, operator: str) -> Response:
    """Return the newest mails that meet every filter."""
    return _page(request, operator, _filters(request.query_params))


def do(request: Request, form: Form, operator: str) -> Response:
    """Do one deed to the mails that are ticked, and say to which it could not be done, and why."""
    app = site_of(request).app
    filters = _filters(form)
    boxes = (name.removeprefix(_BOX) for name in form if name.startswith(_BOX))
    numbers = [number for number in map(row_number, boxes) if number]
    deeds = {each.value: each for each in Deed}
    deed = deeds.get(form.get("deed", ""))
    if deed is None or not numbers:
        problem = ("mails", "Tick at least one mail, then press a button.")
        return _page(request, operator, filters, problem=problem, status=422)

    def note(connection: Connection, changed: Sequence[int]) -> None:
        which = ", ".join(map(str, changed))
        audit.note(connection, operator, f"{deed.value} mails", which, app.clock())

    changes = change(app.database, deed, numbers, app.clock, note=note)
    return _page(request, operator, filters, changes=changes, deed=deed.value)


def _page(  # noqa: PLR0913  what the page can show
    request: Request,
    operator: str,
    filters: Filters,
    *,
    changes: Changes | None = None,
    deed: str = "",
    problem: tuple[str, str] = ("", ""),
    status: int = 200,
) -> Response:
    mails, before = ([], None) if filters.problem[0] else _find(request, filters)
    return page(
        request,
        "deliveries",
        operator,
        status=422 if filters.problem[0] else status,
        filters=filters,
        mails=mails,
        before=before,
        states=[state.value for state in DeliveryState],
        changes=changes,
        deed=deed,
        problem=problem if problem[0] else filters.problem,
    )


def _find(request: Request, filters: Filters) -> tuple[list[Delivery], int | None]:
    states = (DeliveryState(filters.state),) if filters.state else ()
    group = meant_group(filters.domain) if filters.domain else ""
    with site_of(request).app.database.reading() as connection:
        if not filters.address:
            return recent_mails(connection, states, group, _PAGE, filters.before)
        reader = subscriber_by_address(connection, address_key(filters.address))
        found = deliveries_of(connection, reader.id, limit=_PAGE) if reader else []
    fitting = [
        each
        for each in found
        if (not states or each.state in states) and group in ("", each.domain_group)
    ]
    return fitting, None


def _filters(given: Form) -> Filters:
    state = given.get("state", "")
    domain = given.get("domain", "").strip().rpartition("@")[2]
    address = given.get("address", "").strip()
    before = row_number(given.get("before", "")) or None
    problem = ("", "")
    if state not in _STATES:
        state = ""
    try:
        address = normal_address(address) if address else ""
    except AddressError as error:
        problem = ("address", str(error))
    try:
        if domain:
            meant_group(domain)
    except AddressError as error:
        problem = ("domain", str(error))
    return Filters(state, domain, address, before, problem)


ROUTES = (
    Route("/admin/deliveries", shown(show)),
    Route("/admin/deliveries", done(do), methods=["POST"]),
)
