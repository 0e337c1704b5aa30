"""`digest doctor`: tell whether everything is right."""

import sys

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(*, as_json: bool) -> None:
    """Check the settings, the database, the dumps, the mail server and the addresses in mails."""
    from digest.app import build_app
    from digest.checks import check_all
    from digest.cli.output import print_json
    from digest.config import read_settings

    findings = check_all(build_app(read_settings()))
    if as_json:
        print_json([{"what": f.what, "is_good": f.is_good, "says": f.says} for f in findings])
    else:
        for finding in findings:
            mark = (
                click.style("good", fg="green")
                if finding.is_good
                else click.style("BAD ", fg="red")
            )
            click.echo(f"{mark}  {finding.what}: {finding.says}")
    if not all(finding.is_good for finding in findings):
        sys.exit(3)
