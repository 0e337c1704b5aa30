"""What a reader may want to mute beside a paper, and what that would have hidden from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digest.errors import ExpressionError, SubscriptionError
from digest.model.papers import ListedPaper, Paper
from digest.model.subscribers import Subscriber
from digest.pipeline.muting import expressions_met, read_mute
from digest.pipeline.subscribe import Registry
from digest.ranking.archive import Archive
from digest.ranking.preview import RecentPapers
from digest.ranking.query import parse
from digest.ranking.topics import topics_in

MAX_TOPICS = 3
MAX_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Choices:
    """What to mute beside a paper, as expressions, none twice.

    `met` are the reader's that brought it, `topics` are phrases of its title, `authors` its first
    and its last.
    """

    met: tuple[str, ...]
    topics: tuple[str, ...]
    authors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hidden:
    """What a mute would have hidden of the newest `total` papers.

    `matched` papers match it, and `found` of these the reader's own keywords find. `examples` are
    the newest of those, or else of all that match.
    """

    expression: str
    total: int
    matched: int
    found: int
    examples: tuple[Paper, ...]


def choices(registry: Registry, archive: Archive, subscriber: Subscriber, paper: Paper) -> Choices:
    """Return what a reader may want to mute beside a paper, most likely first in each group."""
    met = expressions_met(registry, subscriber, paper.id)
    topics = _readable(topics_in(paper, archive, MAX_TOPICS), besides=met)
    names = (_quoted(name) for name in (*paper.authors[:1], *paper.authors[1:][-1:]))
    return Choices(met, topics, _readable(names, besides=(*met, *topics)))


def would_hide(recent: RecentPapers, expression: str, interests: Sequence[str]) -> Hidden:
    """Return what muting an expression would have hidden from a reader of these interests.

    Raises ExpressionError for one that cannot be read.
    """
    matched = recent.matching(expression)
    found = _found(recent, interests)
    own = [each for each in matched if each.paper.id in found]
    return Hidden(expression, len(recent.listed), len(matched), len(own), _newest(own or matched))


def _found(recent: RecentPapers, interests: Iterable[str]) -> set[int]:
    """Return the numbers of the papers that interests find and none of their exclusions hides."""
    found: set[int] = set()
    hidden: set[int] = set()
    for interest in interests:
        numbers = {each.paper.id for each in recent.matching(interest)}
        if parse(interest).alternatives:
            found |= numbers
        else:
            hidden |= numbers
    return found - hidden


def _newest(listed: list[ListedPaper]) -> tuple[Paper, ...]:
    newest_first = sorted(listed, key=lambda each: (-each.dump_id, each.position))
    return tuple(each.paper for each in newest_first[:MAX_EXAMPLES])


def _readable(expressions: Iterable[str], besides: Sequence[str]) -> tuple[str, ...]:
    """Return the expressions that can be muted, without those that are offered already."""
    known = {each.lower() for each in besides}
    found = []
    for expression in expressions:
        try:
            read = read_mute(expression)
        except (ExpressionError, SubscriptionError):
            continue  # a name may hold what the language of keywords has another use for
        if read.lower() not in known:
            known.add(read.lower())
            found.append(read)
    return tuple(found)


def _quoted(name: str) -> str:
    return f'author:"{name.replace(chr(34), " ")}"'
