"""What is said about an operator's own templates."""

from collections.abc import Iterator

from digest.app import App
from digest.checks.findings import Finding, bad, good
from digest.errors import TemplateError
from digest.pipeline.gallery import exhibits


def check_templates(app: App) -> Iterator[Finding]:
    """Yield whether every kind of mail can be written with them; nothing if there are none.

    A mail that cannot be rendered is not tried again: it is better to know before.
    """
    folder = app.settings.template_override
    if folder is None:
        return
    if not folder.is_dir():
        yield bad("templates", f"there is no {folder}; make it or set DIGEST_TEMPLATES_DIR")
        return
    try:
        app.renderer.compile_all()
        number = sum(1 for _ in exhibits(app.sender()))
        yield good("templates", f"{number} sample mails can be written with those of {folder}")
    except TemplateError as error:
        yield bad("templates", f"{error}; mend it in {folder}")
