"""What the test file of a kind of source gives to the suite that every kind must pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from tests.sources.service import Asked, Behaviour, Reply


@dataclass(frozen=True)
class Sample:
    """A kind of source that answers well: `SAMPLE = Sample(...)` in tests/sources/test_*.py.

    `kind` is its line in registry.KINDS and `argument` what follows the colon. Asked on `today`
    from the cursor "", `behaviour` (or `replies`, the last again and again) lets it list `papers`
    records, warnings aside. A file about several kinds has `SAMPLES = [Sample(...), ...]` instead.
    """

    kind: str
    argument: str
    today: date
    papers: int
    replies: tuple[Reply, ...] = ()
    behaviour: Behaviour | None = None
    keys: Mapping[str, str] = field(default_factory=dict)

    def answering(self) -> Behaviour:
        """Return the good service, at its beginning."""
        if self.behaviour is not None:
            return self.behaviour
        left = list(self.replies)

        def in_turn(_asked: Asked) -> Reply:
            return left.pop(0) if len(left) > 1 else left[0]

        return in_turn
