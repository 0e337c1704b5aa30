"""The number of a row, in an address (`{number:row}`) or a form; and none that no database has."""

from starlette.convertors import Convertor, register_url_convertor

# More are too many for both databases, and 4,300 for Python itself.
_DIGITS = 18


def row_number(text: str) -> int:
    """Return the number of a row that a form or a query names, 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0


class RowNumber(Convertor[int]):
    """What stands for the number of a row in the address of a route."""

    regex = f"[0-9]{{1,{_DIGITS}}}"

    def convert(self, value: str) -> int:
        """Return the number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Return the number as an address has it."""
        return str(value)


def know_row_numbers() -> None:
    """Let addresses have row numbers; before the first route that does."""
    register_url_convertor("row", RowNumber())
