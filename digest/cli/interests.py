"""`digest interests propose`: keywords that a library proposes, printed; nobody is subscribed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from digest.app import App
    from digest.pipeline.propose import Offer, Offered


@click.group()
def interests() -> None:
    """Look at what people could follow."""


@interests.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--for", "address", help="Leave out what this reader follows already.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def propose(files: tuple[Path, ...], address: str | None, *, as_json: bool) -> None:
    """Propose keywords from libraries: FILES in BibTeX, RIS, CSL JSON, of Zotero, OPML, or of ids.

    Each file is one library. Only prints: whom it is for says yes on the page "Find keywords in your
    library", or writes the keywords into the form.
    """
    from digest.cli.context import open_app
    from digest.cli.output import print_json
    from digest.pipeline.preview import previews_of, recent_papers
    from digest.pipeline.propose import offer
    from digest.sources.libraries.library import MAX_BYTES, read_library

    app = open_app()
    archive = app.archives.current()
    known = _known(app, address) if address else ()
    libraries = []
    for path in files:
        with path.open("rb") as file:
            libraries.append(read_library(file.read(MAX_BYTES + 1), path.name))
    recent, now = recent_papers(app.database, archive), app.clock()
    found = [
        offer(app.database, archive, each, lambda some: previews_of(recent, some, now), known)
        for each in libraries
    ]
    if as_json:
        print_json([_as_data(path, each) for path, each in zip(files, found, strict=True)])
        return
    for path, each in zip(files, found, strict=True):
        _show(path, each)


def _known(app: App, address: str) -> tuple[str, ...]:
    from digest.delivery.address import address_key, normal_address
    from digest.errors import SubscriptionError
    from digest.store.subscribers import subscriber_by_address

    with app.database.reading() as connection:
        reader = subscriber_by_address(connection, address_key(normal_address(address)))
    if reader is None:
        raise SubscriptionError(f"There is no reader {address}: leave out --for")
    return tuple(each.expression for each in reader.interests)


def _as_data(path: Path, each: Offered) -> dict[str, object]:
    return {
        "file": path.name,
        "kind": each.library.kind,
        "works": each.works,
        "looked_at": each.looked_at,
        "unknown": each.unknown,
        "warnings": [
            {"line": warning.line, "problem": warning.problem} for warning in each.library.warnings
        ],
        "proposals": [_offer_as_data(offered) for offered in each.offers],
    }


def _offer_as_data(each: Offer) -> dict[str, object]:
    found = each.preview.found
    return {
        "expression": each.proposal.expression,
        "works": each.proposal.works,
        "keyword_of": each.proposal.chosen,
        "examples": list(each.proposal.examples),
        "matched": found.matched,
        "papers": found.total,
        "per_week": found.a_week,
        "verdict": found.verdict.value,
        "sentence": found.sentence,
    }


def _show(path: Path, each: Offered) -> None:
    from rich.table import Table
    from rich.text import Text

    from digest.cli.output import out
    from digest.ranking.preview import Verdict

    works = "1 work" if each.works == 1 else f"{each.works:,} works"
    unknown = f", {each.unknown:,} of them unknown here" if each.unknown else ""
    out.print(Text(f"{path.name}: {each.library.kind}, {works}{unknown}", "bold"))
    for warning in each.library.warnings:
        place = f"line {warning.line}: " if warning.line else ""
        out.print(Text(f"  {place}{warning.problem}", "yellow"))
    if not each.offers:
        out.print(Text("  Nothing in it recurs that most papers do not have as well."))
        return
    table = Table("keyword", "works", "what it finds")
    for offered in each.offers:
        style = "" if offered.preview.found.verdict is Verdict.FINE else "yellow"
        table.add_row(
            Text(offered.proposal.expression, overflow="fold"),
            f"{offered.proposal.works:,}" if offered.proposal.works else "",
            Text(offered.finds, style),
        )
    out.print(table)
