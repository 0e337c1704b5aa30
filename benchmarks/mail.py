"""What a digest mail costs: ./run.sh bench mail.

The baseline is the textbook path in the same run: the rendered mail through premailer, every time,
and `EmailMessage` for the bytes.
"""

import statistics
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

from digest.delivery.message import Envelope, build_message
from digest.rendering.inline import premail
from tests.rendering import samples

ROUNDS = 9
MAILS = 20


def main() -> None:
    """Print milliseconds of processor time a mail, and ratios to the baseline."""
    edition = samples.edition([samples.paper(number) for number in range(1, 11)])
    renderer = samples.renderer()
    mail = renderer.digest(edition)

    def ours() -> None:
        rendered = renderer.digest(edition)
        build_message(envelope(), rendered.subject, rendered.html, rendered.text)

    def textbook() -> None:
        rendered = renderer.digest(edition)
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = "digest@example.org", "ada@example.org"
        message["Subject"] = rendered.subject
        message.set_content(rendered.text)
        message.add_alternative(premail(rendered.html), subtype="html")
        message.as_bytes()

    timed = {"textbook (baseline)": textbook, "ours": ours}
    found: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(ROUNDS):
        for name, work in timed.items():
            found[name].append(spent(work, 3 if work is textbook else MAILS))
    baseline = statistics.median(found["textbook (baseline)"])
    print(f"10 papers, {len(mail.html) / 1000:.0f} kB of HTML, medians of {ROUNDS} rounds")
    for name, values in found.items():
        median = statistics.median(values)
        print(f"  {name:22} {median:7.2f} ms a mail   {baseline / median:5.1f} x")


def envelope() -> Envelope:
    """Return where the mail goes."""
    edition = samples.edition()
    return Envelope(
        sender="digest@example.org",
        sender_name="Digest",
        recipient="ada@example.org",
        site_name="Digest",
        key="0123456789abcdef",
        planned_at=edition.digest.composed_at,
        list_id="digest.example.org",
        one_click_url=samples.links().one_click(edition.subscriber),
    )


def spent(work: Callable[[], None], times: int) -> float:
    """Return the milliseconds of processor time of one call."""
    before = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - before) / times * 1000


if __name__ == "__main__":
    main()
