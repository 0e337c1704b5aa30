"""`digest operators`: who may sign in at /admin."""

from __future__ import annotations

import click


@click.group(invoke_without_command=True)
@click.pass_context
def operators(context: click.Context) -> None:
    """Show and change who may sign in at /admin, by password and code."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@operators.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_(*, as_json: bool = False) -> None:
    """List operators by name."""
    from digest.cli.context import open_app
    from digest.cli.deliveries import moment
    from digest.cli.output import print_json

    operators = open_app().operators
    found = operators.all()
    keys = {each.name: operators.keys_of(each) for each in found}
    if as_json:
        print_json(
            [
                {
                    "name": each.name,
                    "created_at": each.created_at,
                    "keys": [
                        {"program": key.program, "used_on": key.used_on, "until": key.expires_at}
                        for key in keys[each.name]
                    ],
                }
                for each in found
            ]
        )
        return
    for each in found:
        click.echo(f"{each.name}  since {moment(each.created_at)}")
        for key in keys[each.name]:
            click.echo(f"  key for {key.program or 'a program'}, last used on {key.used_on}")
    if not found:
        click.echo("nobody yet: digest operators add NAME")


@operators.command()
@click.argument("name")
def add(name: str) -> None:
    """Let NAME sign in: asks for a password twice, and shows what their telephone needs for codes."""
    from digest.cli.context import open_app
    from digest.pipeline.operators import normal_name

    app = open_app()
    name = normal_name(name)
    _show(name, app.operators.add(name, _password()), app.settings.site_name)


@operators.command()
@click.argument("name")
def reset(name: str) -> None:
    """Give NAME a new password and new codes, and end their sessions."""
    from digest.cli.context import open_app
    from digest.pipeline.operators import normal_name

    app = open_app()
    name = normal_name(name)
    _show(name, app.operators.reset(name, _password()), app.settings.site_name)


@operators.command()
@click.argument("name")
@click.option("--for", "program", default="", help="What the program is, in words.")
@click.option("--revoke", is_flag=True, help="Take back every key of NAME instead.")
def key(name: str, program: str, *, revoke: bool) -> None:
    """Print a key by which a program of NAME uses the API, to send lists of papers.

    It is shown this once, and good for a year after its last use.
    """
    from digest.cli.context import open_app
    from digest.pipeline.operators import normal_name

    app = open_app()
    name = normal_name(name)
    if revoke:
        app.operators.take_keys(name)
        click.echo(f"no key of {name} is good any more")
        return
    click.echo(app.operators.give_key(name, program))
    click.echo(
        "It is not shown again. Send it as Authorization: Bearer; "
        f"`digest operators key --revoke {name}` takes it back.",
        err=True,
    )


@operators.command()
@click.argument("name")
def remove(name: str) -> None:
    """Let NAME sign in no more, from this moment on."""
    from digest.cli.context import open_app

    open_app().operators.remove(name)
    click.echo(f"{name} signs in no more")


def _password() -> str:
    from digest.credentials import check_password

    password: str = click.prompt(
        "Password, 12 characters or more", hide_input=True, confirmation_prompt=True, err=True
    )
    check_password(password)
    return password


def _show(name: str, secret: bytes, site_name: str) -> None:
    """Print the secret of the codes, once: it is kept sealed, and never shown again."""
    import segno

    from digest.credentials import secret_address, shown_secret

    address = secret_address(secret, name, site_name)
    segno.make(address, micro=False).terminal(compact=True)
    click.echo(address)
    click.echo(f"\nScan it with a program that makes codes, or type in {shown_secret(secret)}.")
    click.echo("It is not shown again. Sign in at /admin/sign-in.")
