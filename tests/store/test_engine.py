"""A database that is far away is asked with patience that ends."""

import pytest
from sqlalchemy import event

from digest.store.engine import Database


@pytest.mark.parametrize(("asked", "timeout"), [("", 10), ("?connect_timeout=3", 3)])
def test_a_host_that_vanishes_is_found_out_and_the_address_goes_first(
    asked: str, timeout: int
) -> None:
    database = Database(f"postgresql+psycopg://me@127.0.0.1:1/db{asked}")
    given: dict[str, object] = {}

    @event.listens_for(database.engine, "do_connect")
    def note(_dialect: object, _entry: object, _arguments: object, options: object) -> None:
        given.update(options)  # type: ignore[call-overload]

    with pytest.raises(Exception, match="refused"):
        database.engine.connect()
    assert int(str(given["connect_timeout"])) == timeout
    assert given["tcp_user_timeout"] == 30_000
    assert given["keepalives_idle"] == 30
