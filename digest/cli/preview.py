"""`digest preview`: what a keyword would have found, and what the mails look like."""

from typing import TYPE_CHECKING

import click

from digest.cli.preview_gallery import gallery
from digest.cli.preview_mail import mail

if TYPE_CHECKING:
    from digest.pipeline.preview import InterestPreview

_LONGEST = 300


class _KeywordsFirst(click.Group):
    """Takes words that name no command for keywords: `digest preview "my keywords"`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = ["keywords", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_KeywordsFirst, context_settings={"help_option_names": ["-h", "--help"]})
def preview() -> None:
    """Look before anything is sent: what keywords find, and how the mails look.

    `digest preview EXPRESSION...` is short for `digest preview keywords EXPRESSION...`. Nothing is
    sent, and nothing is changed.
    """


@preview.command()
@click.argument("expressions", nargs=-1, required=True)
@click.option(
    "--dumps", "count", default=30, show_default=True, help="How many dumps to look back."
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def keywords(expressions: tuple[str, ...], count: int, *, as_json: bool) -> None:
    """Show what each EXPRESSION finds in the last papers, and what else the papers write."""
    from digest.cli.context import open_app
    from digest.cli.output import print_json
    from digest.pipeline.preview import preview_interests
    from digest.ranking.query import parse

    for expression in expressions:
        parse(expression)
    app = open_app()
    archive = app.archives.current()
    previews = preview_interests(app.database, archive, expressions, app.clock, count)
    if as_json:
        print_json([_as_data(each) for each in previews])
        return
    for each in previews:
        _show(each)


def _as_data(each: "InterestPreview") -> dict[str, object]:
    found = each.found
    return {
        "expression": each.expression,
        "read_as": found.normal,
        "matched": found.matched,
        "papers": found.total,
        "dumps": found.dumps,
        "per_dump": found.a_dump,
        "per_week": found.a_week,
        "verdict": found.verdict.value,
        "sentence": found.sentence,
        "examples": [example.paper.title for example in each.examples],
        "hidden": found.hidden,
        "hidden_examples": [example.paper.title for example in each.hidden],
        "suggestions": [
            {
                "expression": suggestion.expression,
                "kind": suggestion.kind.value,
                "finds": suggestion.finds,
                "more": suggestion.more,
            }
            for suggestion in found.suggestions
        ],
    }


def _show(each: "InterestPreview") -> None:
    from itertools import groupby

    from rich.text import Text

    from digest.cli.output import out
    from digest.ranking.preview import Verdict
    from digest.rendering.marks import pieces

    found = each.found
    out.print(Text(each.expression, "bold"))
    out.print(Text(f"  {found.sentence}", "" if found.verdict is Verdict.FINE else "yellow"))
    shown = [("", each.examples)]
    if each.hidden:
        shown.append((f"  {found.hidden} hidden by {found.hidden_by}, such as", each.hidden))
    for heading, examples in shown:
        if heading:
            out.print(Text(heading, "bold"))
        for example in examples:
            why = Text("    ")
            for piece in pieces(example.reason, _LONGEST):
                why.append(piece.text, "bold" if piece.is_match else "dim")
            out.print(Text(f"  {example.paper.title}"))
            out.print(why)
    for purpose, group in groupby(found.suggestions, key=lambda suggestion: suggestion.purpose):
        out.print(Text(f"  {purpose}:", "bold"))
        for suggestion in group:
            out.print(Text(f"    {suggestion.expression}  ({suggestion.effect})"))


preview.add_command(mail)
preview.add_command(gallery)
