"""In which language a reader is written to, from the form to the bytes."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from digest.delivery.maildir import MaildirTransport
from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.transports import Threaded
from digest.errors import SubscriptionError
from digest.model.subscribers import Subscriber
from digest.pipeline.archive import Archives
from digest.pipeline.compose import Composer
from digest.pipeline.deliver import deliver_due
from digest.pipeline.subscribe import Registry, enrol, save_preferences, subscribe, unsubscribe
from digest.pipeline.wishes import read_language
from digest.rendering.email import MailRenderer
from digest.store.deliveries import deliveries_of
from digest.store.wishes import wishes_from_json, wishes_to_json
from tests.conftest import HandClock
from tests.factories import make_wishes, numbered
from tests.pipeline.conftest import Take
from tests.pipeline.test_deliver import TITLES, read, sender, smtp

GERMAN = make_wishes("graph neural networks", language="de")


def subjects(sink: Sink) -> list[str]:
    return [str(read(mail.message)["Subject"]) for mail in sink.mails]


def delivered(registry: Registry, renderer: MailRenderer, folder: Path) -> list[EmailMessage]:
    """Return the mails that are due, sorted by subject."""
    deliver_due(sender(registry, renderer, Threaded(MaildirTransport(folder))))
    mails = [read(path.read_bytes()) for path in (folder / "new").iterdir()]
    return sorted(mails, key=lambda mail: str(mail["Subject"]))


def armed(registry: Registry, reader: Subscriber) -> str:
    """Return the hash of the bytes that a reader's one mail was last sent as."""
    with registry.database.reading() as connection:
        [mail] = deliveries_of(connection, reader.id)
    assert mail.message_hash
    return mail.message_hash


def compose(registry: Registry, clock: HandClock) -> None:
    clock.advance(days=1, hours=1)
    Composer(
        registry.database, Archives(registry.database, clock), registry.authority, clock
    ).compose_due()


def test_a_reader_is_asked_and_seen_off_in_their_language(
    registry: Registry, renderer: MailRenderer, tmp_path: Path
) -> None:
    subscribe(registry, "ada@example.org", GERMAN)
    bea = enrol(registry, "bea@example.org", GERMAN, is_welcomed=True)
    subscribe(registry, "bea@example.org", make_wishes("robots"))
    unsubscribe(registry, bea)

    assert [mail["Subject"] for mail in delivered(registry, renderer, tmp_path / "mails")] == [
        "Bitte bestätigen Sie Ihr Abonnement von Digest",
        "Sie sind von Digest abgemeldet",
    ]


def test_a_digest_keeps_the_language_it_was_composed_for(
    registry: Registry, take: Take, clock: HandClock, sink: Sink, renderer: MailRenderer
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(TITLES))
    compose(registry, clock)
    sink.play(Rule(Step.END, "451 4.3.0 try again later", times=1))
    deliver_due(sender(registry, renderer, smtp(sink)))
    before = armed(registry, reader)
    save_preferences(registry, reader, GERMAN)
    clock.advance(hours=1)
    deliver_due(sender(registry, renderer, smtp(sink)))

    assert subjects(sink) == [f"2 papers, 19 March: {TITLES[0]}"]
    assert armed(registry, reader) == before


def test_the_digest_after_that_is_in_the_new_language(
    registry: Registry, take: Take, clock: HandClock, renderer: MailRenderer, tmp_path: Path
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    reader = save_preferences(registry, reader, GERMAN)
    take("a.txt", numbered(TITLES))
    compose(registry, clock)
    [mail] = delivered(registry, renderer, tmp_path / "mails")

    assert reader.language == "de"
    assert mail["Subject"] == f"2 Papers, 19. März: {TITLES[0]}"
    # Only what is read is translated.
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = mail.get_body(("html",))
    assert html is not None
    assert '<html lang="de"' in html.get_content()


def test_wishes_that_the_release_before_froze_are_english() -> None:
    stored = wishes_to_json(GERMAN)
    assert wishes_from_json(stored) == GERMAN
    del stored["language"]
    assert wishes_from_json(stored).language == "en"
    assert wishes_from_json({**stored, "language": "tlh"}).language == "en"


def test_a_language_is_read_by_its_code() -> None:
    assert [read_language(code) for code in ("de", " DE ", "en")] == ["de", "de", "en"]


@pytest.mark.parametrize("code", ["", "fr", "german", "de-AT", "../de", "\x00"])
def test_a_language_that_mails_are_not_written_in_is_refused(code: str) -> None:
    with pytest.raises(SubscriptionError, match=r"choose one of en \(English\), de \(Deutsch\)"):
        read_language(code)
