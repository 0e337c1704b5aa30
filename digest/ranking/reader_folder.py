"""The readers as they are kept in a folder and changed one by one, shared between processes."""

import fcntl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digest.ranking.compaction import compacted, texts_as_parts, texts_of
from digest.ranking.generation import (
    HEADER,
    GoneError,
    Header,
    ReadersError,
    append,
    erase_others,
    mapped,
)
from digest.ranking.readers import CHUNK, Readers
from digest.ranking.row_index import Layer, RowIndex
from digest.ranking.wishes import ROW, Encoded, Numbering, ReaderWishes, Texts, encode, sizes_of

# A generation is written anew when less than half of it counts, unless it is small.
SMALL = 1 << 14
ATTEMPTS = 20


def erase(folder: Path) -> None:
    """Forget all readers in a folder, also one that is broken; who has them open keeps them."""
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        (folder / HEADER).unlink(missing_ok=True)
        erase_others(folder, "none")


class ReaderFolder:
    """A folder of readers: `readers` is what was in it when it was opened or last refreshed.

    Any number of processes may have it open; writers take turns by a lock. A `Readers` stays good
    when the folder changes. Raises ReadersError where the folder is broken or of another version.
    """

    def __init__(self, folder: Path, *, small: int = SMALL) -> None:
        self.folder = folder
        self.small = small
        folder.mkdir(parents=True, exist_ok=True)
        self._header = Header.first()
        self._start()
        self._take(self._header)
        self.refresh()

    def refresh(self) -> None:
        """Take in what others have written."""
        for _ in range(ATTEMPTS):
            header = Header.read(self.folder)
            if header == self._header or (header is None and not any(self._header.counts.values())):
                return
            try:
                self._take(header or Header.first())
            except GoneError:  # between the header and its files another generation came
                continue
            return
        raise ReadersError(self.folder, "Files that the header names are missing")

    def put(self, wishes: Iterable[ReaderWishes]) -> None:
        """Add readers, or replace what was stored of them; a long list is stored part by part."""
        remaining = iter(wishes)
        while chunk := list(islice(remaining, CHUNK)):
            with self._writing():
                begin = self._header.counts["codes"]
                self._append(encode(chunk, self._expressions, begin))

    def remove(self, subscriber_ids: Sequence[int]) -> None:
        """Forget readers; those who are not there are no error."""
        with self._writing():
            known = self.readers.rows_of(subscriber_ids) >= 0
            rows = np.zeros(np.count_nonzero(known), ROW)
            rows["id"] = np.asarray(subscriber_ids, np.int64)[known]
            rows["removed"] = 1
            self._append(Encoded(rows, self.readers.codes[:0], self.readers.weights[:0]))

    def stale(self, subscriber_ids: ArrayLike, revisions: ArrayLike) -> NDArray[np.int64]:
        """Return the ids whose wishes must be put again: not stored, or of another revision."""
        return self.readers.stale(subscriber_ids, revisions)

    def compact(self) -> None:
        """Write what counts as a new generation, and delete the old one."""
        with self._writing():
            self._compact()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with _locked(self.folder):
            self.refresh()
            try:
                yield
            except BaseException:
                # Numbers given to new expressions that were not stored would be given again by others.
                self._expressions.forget_from(self._header.counts["expression_ends"])
                raise

    def _append(self, encoded: Encoded) -> None:
        counts = self._header.counts
        expressions = self._expressions.texts[counts["expression_ends"] :]
        arrays = {
            "rows": encoded.rows,
            "codes": encoded.codes,
            "weights": encoded.weights,
            **texts_as_parts(expressions, counts["expressions"]),
        }
        header = append(self.folder, self._header, arrays)
        header.write(self.folder)
        self._take(header)
        if self._is_half_garbage():
            self._compact()

    def _is_half_garbage(self) -> bool:
        counts = self._header.counts
        rows, codes = counts["rows"], counts["codes"]
        return (rows > self.small and 2 * self._live_rows < rows) or (
            codes > self.small and 2 * self._live_codes < codes
        )

    def _compact(self) -> None:
        header = append(self.folder, Header.first(), compacted(self.readers))
        header.write(self.folder)
        self._take(header)
        erase_others(self.folder, header.generation)

    def _take(self, header: Header) -> None:
        """Make what a header says the state of this object; only what is new of it is read."""
        same = self._header.generation == header.generation
        known = self._header if same else Header.first()
        parts = mapped(self.folder, header, known)
        if not same:
            self._start()
        self._expressions.learn(texts_of(parts, known.counts["expression_ends"]))
        self._add_rows(parts["rows"], known.counts["rows"])
        self._header = header
        self.readers = Readers(
            parts["rows"],
            parts["codes"],
            parts["weights"],
            self._index,
            Texts(self._expressions),
        )

    def _start(self) -> None:
        self._expressions = Numbering()
        self._index = RowIndex.of(np.empty(0, ROW))
        self._live_rows = self._live_codes = 0

    def _add_rows(self, rows: NDArray[np.void], known: int) -> None:
        added = rows[known:]
        newest = Layer.of(added["id"].astype(np.int64), np.arange(known, len(rows)))
        before = self._index.rows_of(newest.ids)
        replaced = rows[before[before >= 0]]
        now = rows[newest.rows]
        now = now[now["removed"] == 0]
        self._live_rows += len(now) - len(replaced)
        self._live_codes += int(sizes_of(now).sum() - sizes_of(replaced).sum())
        self._index = self._index.plus(added, known)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
