"""A profile in terms of the expressions that readers share."""

import logging
from functools import lru_cache

from digest.errors import ExpressionError
from digest.model.profiles import Profile
from digest.ranking.query import parse
from digest.ranking.wishes import ReaderWishes

WEIGHT_UNIT = 16
# No expression begins so: the papers like those one reader liked are an interest of that reader.
LIKED = "\0liked by "

_log = logging.getLogger(__name__)


class AskedProfile:
    """What one profile asks for: shared expressions with their `weights`, and how they were `written`.

    A stored expression that can no longer be read is left out and logged.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.written: dict[str, str] = {}
        self.weights: dict[str, int] = {}
        self.hidden = [s[0] for s in map(_shared, profile.muted) if not isinstance(s, str)]
        for interest in profile.interests:
            shared = _shared(interest.expression)
            if isinstance(shared, str):
                _log.warning("A stored interest is left out: %s", shared)
                continue
            text, own_weight, only_excludes = shared
            if only_excludes:
                self.hidden.append(text)
                continue
            weight = max(1, round(interest.weight * own_weight * WEIGHT_UNIT))
            if weight > self.weights.get(text, 0):
                self.weights[text] = weight
                self.written[text] = interest.expression

    @property
    def total_weight(self) -> float:
        """What the interests weigh together; likes without any count as much as beside one."""
        return sum(self.weights.values()) / WEIGHT_UNIT or 1.0

    def wishes(self, number: int) -> ReaderWishes:
        """Return them as the fan-out takes them, under a number."""
        items = list(self.weights.items())
        if self.profile.liked:
            items.append((f"{LIKED}{number}", WEIGHT_UNIT))
        return ReaderWishes(number, 0, self.profile.limit, items, self.hidden)


@lru_cache(maxsize=1 << 16)
def _shared(expression: str) -> tuple[str, float, bool] | str:
    """Return the text all share who ask the same, its weight, and whether it only excludes.

    Of what can no longer be read, return what is wrong with it.
    """
    try:
        parsed = parse(expression)
    except ExpressionError as error:
        return error.problem
    return str(parsed.key), parsed.weight, not parsed.alternatives
