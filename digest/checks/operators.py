"""What is said of those who may sign in at /admin."""

from collections.abc import Iterator

from digest.app import App
from digest.checks.findings import Finding, bad, good
from digest.credentials import Vault
from digest.errors import CredentialError, StoreError
from digest.store.schema import why_unfit


def check_operators(app: App) -> Iterator[Finding]:
    """Yield who may, and whether their codes can be checked with this site's secret."""
    if header := app.settings.admin_header:
        says = f"a proxy says in {header} who signed in; it has to take that off what comes in"
        yield good("operators", says)
    try:
        if why_unfit(app.database):
            return
    except StoreError:
        return  # said of the database
    found = app.operators.all()
    vault = Vault(app.settings.secrets())
    for each in found:
        try:
            vault.unseal(each.sealed, each.name)
        except CredentialError as error:
            yield bad("operators", str(error))
    if found:
        yield good("operators", f"{', '.join(each.name for each in found)} may sign in at /admin")
    elif not header:
        yield good("operators", "nobody; `digest operators add NAME` opens /admin to one")
