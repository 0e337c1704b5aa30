"""A database whose transactions fail now and then."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from digest.errors import StoreAwayError
from digest.store.engine import Database

T = TypeVar("T")


class Faulty(Database):
    """A database on which the first write, and every so many after it, fails once.

    It fails as the last thing before COMMIT, or with the answer to COMMIT.
    """

    def __init__(
        self,
        real: Database,
        before_commit: Callable[[Connection], object] | None = None,
        *,
        loses_answer: bool = False,
        every: int = 2,
        first: int = 2,
    ) -> None:
        super().__init__(real.url.render_as_string(hide_password=False))
        self.problems: list[str] = []
        self._before_commit = before_commit
        self._loses_answer = loses_answer
        self._every = every
        self._countdown = first

    def try_write(self, work: Callable[[Connection], T]) -> T:
        self._countdown -= 1
        if self._countdown:
            return super().try_write(work)
        self._countdown = self._every
        fail = self._before_commit
        if fail is None:
            super().try_write(work)
            raise StoreAwayError("the connection was closed")

        def work_in_vain(connection: Connection) -> T:
            result = work(connection)
            fail(connection)
            return result

        try:
            return super().try_write(work_in_vain)
        except StoreAwayError as error:
            self.problems.append(str(error))
            raise
