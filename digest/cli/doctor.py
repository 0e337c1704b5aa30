"""`digest doctor`: tell whether everything is right."""

import sys

import click

_COLOURS = {"good": "green", "bad": "red", "unknown": "yellow"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(*, as_json: bool) -> None:
    """Check the settings, the database, the dumps, the mail servers, and DNS for the mails.

    Exits with 3 if anything is bad; what could not be found out from here is marked with ?.
    """
    from digest.app import build_app
    from digest.checks import Level, check_all
    from digest.cli.output import print_json
    from digest.config import read_settings

    marks = {Level.GOOD: "good", Level.BAD: "BAD ", Level.UNKNOWN: "?   "}
    app = build_app(read_settings())
    try:
        findings = check_all(app)
    finally:
        app.database.dispose()
    if as_json:
        print_json(
            [
                {"what": f.what, "level": f.level, "is_good": f.is_good, "says": f.says}
                for f in findings
            ]
        )
    else:
        for finding in findings:
            mark = click.style(marks[finding.level], fg=_COLOURS[finding.level])
            click.echo(f"{mark}  {finding.what}: {finding.says}")
    if any(finding.level is Level.BAD for finding in findings):
        sys.exit(3)
