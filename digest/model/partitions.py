"""What work for many is divided into, so that any number of processes can share it."""

from dataclasses import dataclass

# As many readers are composed together, and as many ids are one job.
CHUNK = 4096


@dataclass(frozen=True, slots=True)
class IdRange:
    """The ids from `first` to `last`, both among them."""

    first: int
    last: int

    def halves(self) -> tuple["IdRange", "IdRange"]:
        """Return the two parts of a range of more than one id."""
        middle = (self.first + self.last) // 2
        return IdRange(self.first, middle), IdRange(middle + 1, self.last)
