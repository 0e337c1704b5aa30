"""Every kind of mail, to sample readers, as exhibits of one page."""

from collections.abc import Iterator
from dataclasses import replace

from digest.model.deliveries import MailKind
from digest.model.languages import DEFAULT_LANGUAGE, LANGUAGES
from digest.pipeline.outgoing import Sender
from digest.pipeline.samples import SAMPLES, sample_reader
from digest.pipeline.specimens import Specimen, account_specimen, sample_specimen
from digest.rendering.gallery import Exhibit

# In the order in which a reader meets them.
_BEFORE = (MailKind.CONFIRM, MailKind.WELCOME, MailKind.ALREADY)
_AFTER = (MailKind.SIGN_IN, MailKind.MOVE, MailKind.MOVED, MailKind.GOODBYE)
# A digest says the most of all mails: it stands for them in the other languages.
_OTHERS = tuple(code for code in LANGUAGES if code != DEFAULT_LANGUAGE)
_DIGESTS = (*SAMPLES, *_OTHERS)
NAMES = (*_BEFORE, *(f"digest-{name}" for name in _DIGESTS), *_AFTER)


def exhibits(sender: Sender) -> Iterator[Exhibit]:
    """Give the exhibit of each of NAMES; reads no database and changes none."""
    now = sender.clock()
    reader = sample_reader(now)
    for kind in _BEFORE:
        yield _exhibit(kind, account_specimen(sender, kind, reader))
    for name, make in SAMPLES.items():
        yield _exhibit(f"digest-{name}", sample_specimen(sender, make(now)))
    for code in _OTHERS:
        sample = SAMPLES["usual"](now)
        specimen = sample_specimen(sender, sample.of(replace(sample.reader, language=code)))
        yield _exhibit(
            f"digest-{code}", replace(specimen, shows=f"{specimen.shows}: {LANGUAGES[code]}")
        )
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
