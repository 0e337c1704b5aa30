"""Functions that run as machine code where numba is installed, and as plain Python where it is not.

Both give the same results: kernels count in integers only, and index whatever can be indexed.
Numpy's scalars are slow in plain Python, so there a kernel gets lists and memory views instead of
arrays (`shared`, `column`, `scratch`). Importing this module imports numba, about half a second.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import Any, Protocol, TypeVar, cast, overload

import numpy as np
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])

# For tests and for whoever suspects the compiler: `DIGEST_COMPILED=off` runs everything plain.
COMPILED = os.environ.get("DIGEST_COMPILED") != "off" and find_spec("numba") is not None

_plain: dict[FunctionType, FunctionType] = {}


class Ints(Protocol):
    """What a kernel indexes: an array, a list or a memory view of integers."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[int]: ...
    @overload
    def __getitem__(self, at: int, /) -> int: ...
    @overload
    def __getitem__(self, at: slice, /) -> "Ints": ...
    def __setitem__(self, at: int, value: int, /) -> None: ...


def compiled(function: Function) -> Function:
    """Return the function as machine code, made at its first call and kept for the next process."""
    if not COMPILED:
        return function
    njit = import_module("numba").njit
    try:
        kernel = njit(cache=True, nogil=True, _nrt=False, forceinline=True)(function)
    except RuntimeError:  # no folder to keep it in can be written to
        return cast("Function", njit(nogil=True)(function))
    # Of itself, numba compiles anew when a kernel's own file has changed, but not when one that it
    # calls has: a deployment that updates single files would run yesterday's code.
    # There is no public way to tell it; a numba without this private one caches as it always does.
    with suppress(AttributeError):
        file = kernel._cache._cache_file  # noqa: SLF001
        file._source_stamp = (file._source_stamp, _stamp())  # noqa: SLF001
    return cast("Function", kernel)


@cache
def _stamp() -> str:
    """Return a digest of this file and of all that have kernels."""
    sources = (path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    return sha256(b"".join(s for s in sources if b"@compiled" in s)).hexdigest()


def plain(kernel: Function) -> Function:
    """Return the kernel as plain Python that calls only plain Python, compiled or not."""
    function = getattr(kernel, "py_func", None)
    if function is None:
        return kernel
    if function not in _plain:
        names = dict(function.__globals__)
        _plain[function] = FunctionType(function.__code__, names, function.__name__)
        called = names.keys() & set(function.__code__.co_names)
        names.update({name: plain(names[name]) for name in called})
    return cast("Function", _plain[function])


def shared(array: NDArray[Any], *, fast: bool) -> Ints:
    """Return what every step of a kernel reads: all of it at hand."""
    return _unwritable(array) if fast else cast("Ints", array.tolist())


def column(array: NDArray[Any], *, fast: bool) -> Ints:
    """Return what a kernel reads here and there, without a copy of what may be large."""
    return _unwritable(array) if fast else cast("Ints", np.asarray(array).data)


def scratch(size: int, dtype: type[np.generic], *, fast: bool) -> Ints:
    """Return zeros a kernel may write on; of lists, slices would be copies."""
    zeros = np.zeros(size, dtype)
    return cast("Ints", zeros if fast else zeros.data)


def results(array: NDArray[Any], *, fast: bool) -> Ints:
    """Return an array for a kernel to write its results into."""
    return cast("Ints", array if fast else array.data)


def _unwritable(array: NDArray[Any]) -> Ints:
    # Mapped files cannot be written to and numba compiles anew for a difference in that.
    view = np.asarray(array).view()
    view.flags.writeable = False
    return cast("Ints", view)
