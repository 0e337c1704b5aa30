"""Operators who are there and signed in, without the work that a password is."""

from digest.app import App
from digest.credentials import NOBODYS
from digest.model.sessions import SessionKind
from digest.pipeline.sessions import Sessions
from digest.store.operators import add_operator, operator_by_name


def add_without_password(app: App, name: str) -> None:
    """Make somebody an operator whom no password signs in."""
    with app.database.writing() as connection:
        add_operator(connection, name, NOBODYS, "", app.clock())


def cookie_of(app: App, name: str) -> str:
    """Return what the browser of an operator shows who has just signed in."""
    with app.database.reading() as connection:
        known = operator_by_name(connection, name)
    assert known is not None
    token = Sessions(app.database, app.clock).open(SessionKind.OPERATOR, known.id, "")
    return f"__Host-digest-operator={token}"
