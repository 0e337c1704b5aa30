"""The demo works at any hour of any day."""

from datetime import timedelta

import pytest

from digest.cli.demo import _READERS, _Persona, _wishes
from digest.model.cadence import next_slot
from tests.factories import at


@pytest.mark.parametrize("persona", _READERS, ids=lambda persona: persona.address)
def test_every_reader_of_the_demo_is_due_whenever_it_runs(persona: _Persona) -> None:
    start = at("2026-01-01T00:00:00+00:00")
    cadence = _wishes(persona).cadence
    for hours in range(0, 366 * 24, 5):
        now = start + timedelta(hours=hours)
        assert next_slot(cadence, now - timedelta(days=8)).due_at <= now
