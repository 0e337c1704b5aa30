"""`digest serve`, `digest worker`, `digest scheduler`: the processes that stay."""

import signal
import threading

import click


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
    from digest.scheduler import Scheduler
    from digest.web import build_web

    given = {"DIGEST_HOST": host, "DIGEST_PORT": None if port is None else str(port)}
    app = open_app(**{name: value for name, value in given.items() if value is not None})
    if web_only:
        publish_feeds(app)  # otherwise the first tick does, and nobody waits for it
    scheduler = None if web_only else Scheduler(app)
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
    click.echo(f"Digest is at {app.settings.public_url}")
    if scheduler:
        folder = app.settings.dumps_path
        hint = "" if folder.is_dir() else " (make it, and save pages of trending papers there)"
        click.echo(f"dumps are read from {folder}{hint}; mail goes to {app.settings.mail_shown}")
        scheduler.start()
    # uvicorn raises the signal that stopped it again once it has stopped: without handlers of our
    # own that would end the process in the middle of a mail.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        server.run()
    finally:
        if scheduler:
            scheduler.stop()


@click.command()
def worker() -> None:
    """Send mails as they come due; run any number, on any number of hosts."""
    _run_ticks(frozenset({"deliver"}))


@click.command()
def scheduler() -> None:
    """Watch the dumps folder, compose what is due, take in what comes back; two are harmless."""
    _run_ticks(frozenset({"ingest", "compose", "returns", "stock", "forget"}))


def _run_ticks(only: frozenset[str]) -> None:
    """Run some of the timetable until SIGTERM or SIGINT; what has begun is finished."""
    from digest.cli.context import open_app
    from digest.scheduler import Scheduler

    app = open_app()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    ticks = Scheduler(app, only)
    ticks.start()
    click.echo(f"running: {', '.join(sorted(only))}")
    stopping.wait()
    ticks.stop()
