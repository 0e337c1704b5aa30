"""A reader's wishes as they were when a digest was composed, as JSON in its row."""

from datetime import time
from typing import Any

from digest.model.cadence import known_zone
from digest.model.languages import DEFAULT_LANGUAGE, known_language
from digest.model.subscribers import Cadence, Days, Interest, QuietDays, Wishes


def wishes_to_json(wishes: Wishes) -> dict[str, Any]:
    """Return wishes as JSON can say them."""
    cadence = wishes.cadence
    return {
        "interests": [[interest.expression, interest.weight] for interest in wishes.interests],
        "days": cadence.days.value,
        "at": cadence.at.isoformat(),
        "zone": cadence.zone,
        "weekday": cadence.weekday,
        "papers_per_digest": wishes.papers_per_digest,
        "language": wishes.language,
        "quiet": wishes.quiet.value,
    }


def wishes_from_json(stored: dict[str, Any]) -> Wishes:
    """Return the wishes that were stored."""
    at = time.fromisoformat(stored["at"])
    return Wishes(
        interests=tuple(Interest(words, weight) for words, weight in stored["interests"]),
        cadence=Cadence(Days(stored["days"]), at, known_zone(stored["zone"]), stored["weekday"]),
        papers_per_digest=stored["papers_per_digest"],
        # The release before knew English only.
        language=known_language(stored.get("language", DEFAULT_LANGUAGE)),
        # It sent nothing on a quiet day, too.
        quiet=QuietDays(stored.get("quiet", QuietDays.SKIP)),
    )
