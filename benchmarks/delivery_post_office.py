"""The same mails by django-post_office: a queue in SQLite, and its own sender that empties it."""

import logging
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

from benchmarks.delivery_load import AUTHORITY, Site
from benchmarks.delivery_textbook import rendered_mails


def prepare(folder: Path, port: int) -> None:
    """Set Django up, once in a process, with post_office and a database in that folder."""
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(folder / "post_office.sqlite3"),
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        EMAIL_BACKEND="post_office.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        POST_OFFICE={"BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"}},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        SECRET_KEY="a secret of a benchmark",  # noqa: S106  nothing is signed with it
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", verbosity=0)
    logging.getLogger("post_office").setLevel(logging.WARNING)


def send(site: Site, count: int) -> None:
    """Render and queue the first mails of a site, and send what is queued."""
    from post_office import mail  # noqa: PLC0415  only once Django is set up
    from post_office.models import Email  # noqa: PLC0415

    mail.send_many(
        [
            {
                "sender": f"Digest <digest@{AUTHORITY}>",
                "recipients": [each.address],
                "subject": rendered.subject,
                "message": rendered.text,
                "html_message": rendered.html,
                "priority": "medium",
            }
            for each, rendered in rendered_mails(site, count)
        ]
    )
    sent, failed, _ = mail.send_queued(processes=1, log_level=1)
    if (sent, failed) != (count, 0):
        raise RuntimeError(f"post_office sent {sent} of {count}, and {failed} failed")
    Email.objects.all().delete()
