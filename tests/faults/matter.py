"""Papers for mails, small and large."""

from tests.factories import make_record

TITLES = ("Graph Neural Networks for Roads", "Graph Neural Networks & <b>Forgetting</b>")


def _words(paper: int, count: int) -> str:
    """Return words that no other paper has, so that none is folded under another."""
    return " ".join(f"topic{paper}of{number}" for number in range(count))


# Of these a mail is larger than what a narrow server takes in before it reads, so that while it
# does not read, the end cannot have arrived.
LARGE = [
    make_record(f"Graph Neural Networks for {_words(n, 3)}", _words(n, 60), n) for n in range(1, 21)
]
