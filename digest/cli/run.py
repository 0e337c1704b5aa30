"""`digest serve`, `digest worker`, `digest scheduler`: the processes that stay."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.app import App
    from digest.jobs.roles import Role


@click.command()
@click.option("--host", help="Address to listen on; otherwise DIGEST_HOST.")
@click.option("--port", type=int, help="Port to listen on; otherwise DIGEST_PORT.")
@click.option(
    "--web-only",
    is_flag=True,
    help="Only the pages and feeds; `digest worker` and `digest scheduler` do the rest.",
)
def serve(host: str | None, port: int | None, *, web_only: bool) -> None:
    """Do everything in one process: watch the dumps folder, compose, send, serve pages and feeds."""
    import uvicorn

    from digest.cli.context import open_app
    from digest.jobs import publish_feeds
    from digest.jobs.roles import serving
    from digest.scheduler import Scheduler
    from digest.web import build_web

    given = {"DIGEST_HOST": host, "DIGEST_PORT": None if port is None else str(port)}
    app = open_app(**{name: value for name, value in given.items() if value is not None})
    if web_only:
        publish_feeds(app)  # otherwise the first tick does, and nobody waits for it
    scheduler = None if web_only else Scheduler(app, serving())
    server = uvicorn.Server(
        uvicorn.Config(
            build_web(app),
            host=app.settings.host,
            port=app.settings.port_number,
            log_level="warning",
            access_log=False,
            server_header=False,
            # Who asked is for web/client_address.py to say: uvicorn would believe any loopback peer.
            proxy_headers=False,
        )
    )
    # uvicorn raises the signal that stopped it again once it has stopped: without handlers of our
    # own that would end the process in the middle of a mail. What comes before it listens for
    # signals itself stops it as soon as it has begun.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    click.echo(f"Digest is at {app.settings.public_url}")
    if scheduler:
        folder = app.settings.dumps_path
        hint = "" if folder.is_dir() else " (make it, and save pages of trending papers there)"
        click.echo(f"dumps are read from {folder}{hint}; mail goes to {app.settings.mail_shown}")
        if words := app.settings.source_words:
            click.echo(f"papers come from {', '.join(words)}: `digest sources` says how they are")
        scheduler.start()
    try:
        server.run()
    finally:
        if scheduler:
            scheduler.stop()


@click.command()
def worker() -> None:
    """Send mails as they come due, and on PostgreSQL compose digests; run any number, on any host."""
    from digest.jobs.roles import working

    _stay(working)


@click.command()
def scheduler() -> None:
    """Watch the dumps folder, see who is due, take in what comes back; two are harmless.

    On SQLite it composes what is due itself; on PostgreSQL workers do.
    """
    from digest.jobs.roles import scheduling

    _stay(scheduling)


def _stay(role_of: Callable[[App], Role]) -> None:
    """Do what a role is there for until SIGTERM or SIGINT; what has begun is finished."""
    from digest.cli.context import open_app
    from digest.scheduler import Scheduler

    app = open_app()
    role = role_of(app)
    running = Scheduler(app, role)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    running.start()
    click.echo(f"running: {', '.join(sorted(role.ticks | role.jobs))}")
    stopping.wait()
    running.stop()
