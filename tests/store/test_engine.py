"""A database that is far away is asked with patience that ends, and so are we by it."""

import psycopg
import pytest
from sqlalchemy import text

from digest.store.engine import Database


@pytest.mark.parametrize(
    ("asked", "timeout", "idle"),
    [("", "10", "30"), ("?connect_timeout=3&keepalives_idle=7", "3", "7")],
)
def test_a_host_that_vanishes_is_found_out_on_both_sides_and_the_address_goes_first(
    postgres_server: str, asked: str, timeout: str, idle: str
) -> None:
    """What we held in a transaction would be locked for everybody else until then."""
    database = Database(f"{postgres_server}/postgres{asked}")
    with database.reading() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        ours = driver.info.get_parameters()
        theirs = [
            connection.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_user_timeout")
        ]
    database.dispose()

    assert (ours["connect_timeout"], ours["keepalives_idle"]) == (timeout, idle)
    assert ours["tcp_user_timeout"] == "30000"
    assert theirs == [idle, "10", "30000"]
