"""What is counted for operators, day by day."""

from enum import StrEnum


class TallyKind(StrEnum):
    """What a tally counts.

    Deliveries by state, of the day they were planned; readers by state, as they stood on a day;
    interests by reach, as they stood; delays in seconds by domain group, of the last day's mails.
    """

    DELIVERIES = "deliveries"
    READERS = "readers"
    INTERESTS = "interests"
    DELAYS = "delays"


# What stands for everything that is not named.
OTHERS = ""
