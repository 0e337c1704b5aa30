"""JSON of any shape, and JSON that is nearly what a service documents."""

from typing import Any

from hypothesis import strategies as st

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", " ", "2026-13-40", "9999-12-31T23:59:59-14:00", "\ud800", "\x00\u202e"])
    | st.text(max_size=12)
)


def json_of(*names: str) -> st.SearchStrategy[Any]:
    """Return JSON of any shape, with these names among those of its fields."""
    keys = st.sampled_from(names) | st.text(max_size=4)
    return st.recursive(
        _LEAVES,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
        max_leaves=12,
    )


def paths_in(good: Any) -> list[tuple[Any, ...]]:
    """Return the way to each value in JSON."""
    here: list[tuple[Any, ...]] = [()]
    if isinstance(good, dict):
        return here + [(name, *rest) for name, each in good.items() for rest in paths_in(each)]
    if isinstance(good, list):
        return here + [(at, *rest) for at, each in enumerate(good) for rest in paths_in(each)]
    return here


def with_other(good: Any, path: tuple[Any, ...], other: Any) -> Any:
    """Return JSON with one value replaced."""
    if not path:
        return other
    copy = dict(good) if isinstance(good, dict) else list(good)
    copy[path[0]] = with_other(good[path[0]], path[1:], other)
    return copy


def nearly(good: Any) -> st.SearchStrategy[Any]:
    """Return what a service documents, but for one value of another kind."""
    return st.builds(
        lambda path, other: with_other(good, path, other),
        st.sampled_from(paths_in(good)),
        _LEAVES | st.just([]) | st.just({}) | st.just({"value": {"value": None}}),
    )
