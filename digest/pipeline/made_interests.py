"""What made-up readers are interested in: a few expressions each, as unevenly popular as words are."""

from itertools import chain

import numpy as np

from digest.model.subscribers import MAX_EXPRESSION
from digest.pipeline import habits
from digest.pipeline.habits import Odds
from digest.pipeline.popular import WAYS, Vocabulary, is_words

Wanted = tuple[tuple[str, float], ...]


class MadeInterests:
    """Draws expressions with weights out of a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._phrases = vocabulary.phrases
        self._expressions = list(chain.from_iterable(vocabulary.expressions))
        self._by_place = Odds.by_place(vocabulary.phrases)
        self._ways = Odds.of(WAYS)

    def phrases(self, dice: np.random.Generator, count: int) -> list[str]:
        """Return phrases, the same one twice if it falls so."""
        return [self._phrases[place] for place in self._by_place.places(dice.random(count))]

    def drawn(self, dice: np.random.Generator, count: int, excluding: float) -> list[Wanted]:
        """Return what each of so many readers wants; that share of them also excludes a phrase."""
        ends = np.cumsum((habits.FEWEST + dice.random(count) * habits.SPREAD).astype(int)).tolist()
        places = self._by_place.places(dice.random(ends[-1]))
        # The expressions of each way lie one after the other, in the order of the phrases.
        places += self._ways.places(dice.random(ends[-1])) * len(self._phrases)
        texts = [self._expressions[place] for place in places.tolist()]
        weights = habits.WEIGHTS.drawn(dice.random(ends[-1]))
        excluded = self.phrases(dice, count)
        excludes = (dice.random(count) < excluding).tolist()
        found: list[Wanted] = []
        begin = 0
        for reader, end in enumerate(ends):
            chosen = dict(zip(texts[begin:end], weights[begin:end], strict=True))
            if len(chosen) < end - begin:
                self._fill(chosen, int(places[begin]), end - begin)
            if excludes[reader] and excluded[reader] not in chosen:
                chosen |= _without(excluded[reader])
            found.append(tuple(chosen.items()))
            begin = end
        return found

    def _fill(self, chosen: dict[str, float], place: int, size: int) -> None:
        """Add what follows a place in the order of the phrases until there are so many."""
        for step in range(len(self._phrases)):
            if len(chosen) == size:
                return
            chosen.setdefault(self._phrases[(place + step) % len(self._phrases)], 1.0)


def _without(phrase: str) -> dict[str, float]:
    """Return the expression that hides a phrase; nothing for what is more than words or too long."""
    if not is_words(phrase) or len(phrase) + 3 > MAX_EXPRESSION:
        return {}
    return {f'-"{phrase}"' if " " in phrase else f"-{phrase}": 1.0}
