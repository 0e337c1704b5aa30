"""The queue of jobs, for whoever runs a site on PostgreSQL."""

import pytest

from digest.errors import StoreError
from tests.cli.conftest import Operator


@pytest.fixture
def kind() -> str:
    return "postgresql"


@pytest.mark.parametrize("process", ["worker", "scheduler"])
def test_a_process_that_needs_the_queue_says_that_it_is_missing(
    operator: Operator, process: str
) -> None:
    ended = operator.says(process)

    assert isinstance(ended.exception, StoreError)
    assert str(ended.exception).endswith("run `digest db upgrade`")


def test_an_upgrade_makes_the_queue(operator: Operator) -> None:
    assert isinstance(operator.says("db", "status").exception, StoreError)
    assert operator.says("db", "upgrade").exit_code == 0
    assert "nothing to do" in operator.says("db", "status").output
    assert operator.says("db", "upgrade").exit_code == 0
