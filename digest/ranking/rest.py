"""The best of the rest: what comes nearest on a day when no paper meets any interest."""

import numpy as np

from digest.model.digests import Entry, MatchKind
from digest.ranking.asked import WEIGHT_UNIT, AskedProfile
from digest.ranking.reasoning import Reasoning
from digest.ranking.search import key_of


def best_of_the_rest(reasoning: Reasoning, number: int, reader: AskedProfile) -> tuple[Entry, ...]:
    """Return the papers with most of the words of reader `number`'s interests, scattered or not.

    Each has one reason, the interest that brought most, of kind WORDS. What the reader hides, has
    seen, or has had before stays out; so does a paper with no word of theirs.
    """
    search, asked = reasoning.search, reasoning.asked
    texts = list(reader.weights)
    weights = np.array([reader.weights[text] for text in texts], np.float64) / WEIGHT_UNIT
    worth = np.zeros((max(1, len(texts)), len(search.batch.papers)))
    for at, text in enumerate(texts):
        worth[at] = weights[at] * search.weighed(key_of(text)).worth
    for code in reasoning.readers.hidden_of(int(asked.rows[number])):
        worth[:, reasoning.scored.hits.papers_of(code)] = 0
    first = int(asked.first[number])
    seen = asked.seen_papers[asked.seen_starts[number] : asked.seen_starts[number + 1]]
    worth[:, seen] = 0
    worth[:, :first] = 0
    total = worth.sum(axis=0)
    entries: list[Entry] = []
    groups: set[int] = set()
    most = min(reader.profile.rest, reader.profile.limit)
    for paper in np.argsort(-total, kind="stable").tolist():
        if len(entries) == most or not total[paper]:
            break
        group = int(reasoning.scored.groups[paper])
        at = int(np.argmax(worth[:, paper]))
        quotation = search.quotation(key_of(texts[at]), paper)
        # Like the best ones but with no word to show for it, or much like one that is shown.
        if quotation.kind is MatchKind.RELATED or group in groups:
            continue
        groups |= {group} - {-1}
        share = float(worth[at, paper] / total[paper])
        reason = quotation.as_reason(reader.written[texts[at]], share)
        entries.append(Entry(search.batch.papers[paper].id, float(total[paper]), (reason,)))
    return tuple(entries)
