"""The best of the rest: what comes nearest on a day when no paper meets any interest."""

import numpy as np

from digest.model.digests import Entry, MatchKind
from digest.ranking.asked import WEIGHT_UNIT, AskedProfiles
from digest.ranking.chosen import Asked, Scored
from digest.ranking.search import Search, key_of


def best_of_the_rest(
    search: Search, scored: Scored, wanted: AskedProfiles, asked: Asked, number: int
) -> tuple[Entry, ...]:
    """Return the papers with most of the words of reader `number`'s interests, scattered or not.

    Each has one reason, the interest that brought most, of kind WORDS. What the reader hides, has
    seen, or has had before stays out; so does a paper with no word of theirs.
    """
    items = wanted.items_of(number)
    worth = np.zeros((max(1, len(items)), len(search.batch.papers)))
    for at, (text, weight, _) in enumerate(items):
        worth[at] = weight / WEIGHT_UNIT * search.weighed(key_of(text)).worth
    for code in wanted.readers.hidden_of(number):
        worth[:, scored.hits.papers_of(code)] = 0
    first = int(asked.first[number])
    seen = asked.seen_papers[asked.seen_starts[number] : asked.seen_starts[number + 1]]
    worth[:, seen] = 0
    worth[:, :first] = 0
    total = worth.sum(axis=0)
    entries: list[Entry] = []
    groups: set[int] = set()
    profile = wanted.profiles[number]
    most = min(profile.rest, profile.limit)
    for paper in np.argsort(-total, kind="stable").tolist():
        if len(entries) == most or not total[paper]:
            break
        group = int(scored.groups[paper])
        at = int(np.argmax(worth[:, paper]))
        text, _, written = items[at]
        quotation = search.quotation_of(text, paper)
        # Like the best ones but with no word to show for it, or much like one that is shown.
        if quotation.kind is MatchKind.RELATED or group in groups:
            continue
        groups |= {group} - {-1}
        share = float(worth[at, paper] / total[paper])
        reason = quotation.as_reason(written, share)
        entries.append(Entry(search.batch.papers[paper].id, float(total[paper]), (reason,)))
    return tuple(entries)
