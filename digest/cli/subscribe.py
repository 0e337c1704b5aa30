"""`digest subscribe`: add a reader by mail."""

import click


@click.command()
@click.argument("address")
@click.option(
    "-k",
    "--keyword",
    "keywords",
    multiple=True,
    required=True,
    metavar="EXPRESSION",
    help='What to look for, such as "graph neural networks"; repeat it for more.',
)
@click.option("--zone", help="Time zone, such as Europe/Berlin; otherwise DIGEST_TIMEZONE.")
@click.option("--at", default="07:00", show_default=True, help="Local time of the digest.")
@click.option("--days", default="daily", show_default=True, help="daily, weekdays or weekly.")
@click.option("--weekday", default="Monday", show_default=True, help="Day of a weekly digest.")
@click.option("--papers", default="10", show_default=True, help="Papers in a digest, at most.")
@click.option(
    "--quiet",
    default="skip",
    show_default=True,
    help="What a day without a match brings: skip, roll-over or rest.",
)
@click.option("--language", default="en", show_default=True, help="Language of mails: en or de.")
@click.option(
    "--confirmed",
    is_flag=True,
    help="The reader has agreed already: activate at once, without a mail to confirm.",
)
@click.option(
    "--welcome/--no-welcome",
    "is_welcomed",
    default=True,
    show_default=True,
    help="With --confirmed: tell the reader by mail what comes, and how to leave.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the reader as JSON.")
def subscribe(  # noqa: PLR0913  the options are the reader's wishes
    *,
    address: str,
    keywords: tuple[str, ...],
    zone: str | None,
    at: str,
    days: str,
    weekday: str,
    papers: str,
    quiet: str,
    language: str,
    confirmed: bool,
    is_welcomed: bool,
    as_json: bool,
) -> None:
    """Add a reader by mail; they confirm by a link, unless you say that they have."""
    from digest.cli.context import open_app
    from digest.cli.output import print_json
    from digest.model.subscribers import Wishes
    from digest.pipeline import subscribe as pipeline
    from digest.pipeline.wishes import (
        read_cadence,
        read_interests,
        read_language,
        read_number,
        read_quiet,
    )

    app = open_app()
    wishes = Wishes(
        read_interests(keywords),
        read_cadence(days, at, zone or app.settings.timezone, weekday),
        read_number(papers),
        read_language(language),
        read_quiet(quiet),
    )
    was_active = False
    if confirmed:
        was_active = pipeline.is_active(app.registry, address)
        reader = pipeline.enrol(app.registry, address, wishes, is_welcomed=is_welcomed)
    else:
        reader = pipeline.subscribe(app.registry, address, wishes)
    if as_json:
        print_json(
            {
                "id": reader.id,
                "address": reader.address,
                "state": reader.state.value,
                "next_due_at": reader.next_due_at,
            }
        )
    elif reader.next_due_at:
        when = reader.next_due_at.astimezone().strftime("%A %d %B, %H:%M %Z")
        how = "was subscribed already, and has these wishes now" if was_active else "is subscribed"
        click.echo(f"{reader.address} {how}; the next digest is due on {when}")
    else:
        click.echo(f"{reader.address} gets a mail to confirm with the next `digest deliver`")
