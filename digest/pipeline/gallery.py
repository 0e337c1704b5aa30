"""Every kind of mail, to sample readers, as exhibits of one page."""

from collections.abc import Iterator

from digest.model.deliveries import MailKind
from digest.pipeline.outgoing import Sender
from digest.pipeline.samples import SAMPLES, sample_reader
from digest.pipeline.specimens import Specimen, account_specimen, sample_specimen
from digest.rendering.gallery import Exhibit

# In the order in which a reader meets them.
_BEFORE = (MailKind.CONFIRM, MailKind.WELCOME, MailKind.ALREADY)
_AFTER = (MailKind.GOODBYE,)
NAMES = (*_BEFORE, *(f"digest-{name}" for name in SAMPLES), *_AFTER)


def exhibits(sender: Sender) -> Iterator[Exhibit]:
    """Give the exhibit of each of NAMES; reads no database and changes none."""
    now = sender.clock()
    reader = sample_reader(now)
    for kind in _BEFORE:
        yield _exhibit(kind, account_specimen(sender, kind, reader))
    for name, make in SAMPLES.items():
        yield _exhibit(f"digest-{name}", sample_specimen(sender, make(now)))
    for kind in _AFTER:
        yield _exhibit(kind, account_specimen(sender, kind, reader))


def _exhibit(name: str, specimen: Specimen) -> Exhibit:
    return Exhibit(
        name=name,
        shows=f"to {specimen.recipient}: {specimen.shows}",
        subject=specimen.subject,
        html=specimen.html,
        text=specimen.text,
        raw_size=len(specimen.message),
        html_size=specimen.html_size,
        is_long=specimen.kind is MailKind.DIGEST,
    )
