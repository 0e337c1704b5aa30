"""The time zones that forms offer."""

from digest.model.cadence import time_zones
from digest.web.zones import zones


def test_each_countrys_are_there_and_all_exist() -> None:
    offered = zones()
    names = [name for names in offered.values() for name in names]
    assert {"Europe/Amsterdam", "Asia/Kolkata"} <= set(names)
    assert 400 < len(names) < 450
    assert len(set(names)) == len(names)
    assert set(names) <= time_zones()
    assert next(iter(offered)) == ""
    assert offered[""] == ["UTC"]
    assert {"Europe", "Asia", "America", "Africa", "Australia", "Pacific"} <= offered.keys()
    for area, found in offered.items():
        assert found == sorted(found)
        assert all(name.startswith(f"{area}/") for name in found if area)


def test_a_readers_own_is_among_them_unless_it_is_none() -> None:
    assert "Asia/Calcutta" in zones("Asia/Calcutta")["Asia"]
    assert zones("Japan")[""] == ["UTC", "Japan"]
    assert zones("<script>", "", "UTC", "Europe/Berlin") == zones()
