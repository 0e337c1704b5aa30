import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from digest.ranking.generation import HEADER, ReadersError
from digest.ranking.reader_folder import ReaderFolder, erase
from digest.ranking.readers import Readers
from digest.ranking.wishes import ReaderWishes

EXPRESSIONS = ("graph", "netz wörk", '"a b"', "", "two\nlines", "-survey")
WISHES = st.builds(
    ReaderWishes,
    st.integers(0, 12),
    st.integers(0, 5),
    st.integers(0, 255),
    st.lists(st.tuples(st.sampled_from(EXPRESSIONS), st.integers(1, 2560)), max_size=4),
    st.lists(st.sampled_from(EXPRESSIONS), max_size=2),
)


def largest(wishes: ReaderWishes) -> ReaderWishes:
    weights: dict[str, int] = {}
    for text, weight in wishes.items:
        weights[text] = max(weight, weights.get(text, 0))
    return ReaderWishes(
        wishes.subscriber_id,
        wishes.revision,
        wishes.limit,
        list(weights.items()),
        list(wishes.hidden),
    )


def read(readers: Readers, row: int) -> ReaderWishes:
    fields = readers.rows[row]
    return ReaderWishes(
        int(fields["id"]),
        int(fields["revision"]),
        int(fields["limit"]),
        [(readers.expressions[code], weight) for code, weight in readers.items_of(row)],
        [readers.expressions[code] for code in readers.hidden_of(row)],
    )


def content(readers: Readers) -> dict[int, ReaderWishes]:
    rows = readers.all_rows().tolist()
    found = [read(readers, row) for row in rows]
    assert readers.rows_of([each.subscriber_id for each in found]).tolist() == rows
    return {each.subscriber_id: each for each in found}


def wish(number: int, revision: int = 1, *texts: str) -> ReaderWishes:
    return ReaderWishes(number, revision, 10, [(text, 16) for text in texts or ("graph",)])


@given(st.lists(WISHES, unique_by=lambda wishes: wishes.subscriber_id))
def test_readers_built_in_memory_want_what_they_were_given(wishes: list[ReaderWishes]) -> None:
    readers = Readers.build(wishes)
    assert content(readers) == {each.subscriber_id: largest(each) for each in wishes}
    assert len(set(readers.expressions)) == len(readers.expressions)


def test_rows_come_in_the_order_asked_for_and_strangers_have_none() -> None:
    readers = Readers.build([wish(5), wish(3), wish(9)])
    assert readers.rows_of([9, 4, 3]).tolist() == [2, -1, 1]
    assert readers.rows_of([]).tolist() == []
    assert readers.all_rows().tolist() == [1, 0, 2]


def test_strangers_and_those_of_another_revision_are_stale() -> None:
    readers = Readers.build([wish(1, 7), wish(2, 7), wish(3, 7)])
    assert readers.stale([1, 2, 4], [7, 8, 7]).tolist() == [2, 4]


@pytest.mark.parametrize(
    "wishes",
    [
        ReaderWishes(1, 1, 256, []),
        ReaderWishes(1, 1, 1, [("a", 1 << 15)]),
        ReaderWishes(1, 1, 1, [("a", 0)]),
        ReaderWishes(1 << 63, 1, 1, []),
    ],
)
def test_a_number_out_of_its_range_is_refused_and_leaves_nothing(
    wishes: ReaderWishes, tmp_path: Path
) -> None:
    folder = ReaderFolder(tmp_path)
    with pytest.raises(ValueError, match=r"range|less than 1"):
        folder.put([wish(2, 1, "new"), wishes])
    folder.put([wish(3, 1, "other")])
    assert content(ReaderFolder(tmp_path).readers) == {3: largest(wish(3, 1, "other"))}


class Folders(RuleBasedStateMachine):
    """Two processes' views of one folder, against a dict."""

    @initialize(small=st.sampled_from([0, 4, 1 << 14]))
    def begin(self, small: int) -> None:
        self.place = TemporaryDirectory()
        self.folders = [ReaderFolder(Path(self.place.name), small=small) for _ in range(2)]
        self.expected: dict[int, ReaderWishes] = {}
        self.kept: list[tuple[Readers, dict[int, ReaderWishes]]] = []

    @rule(wishes=st.lists(WISHES, max_size=5), who=st.integers(0, 1))
    def put(self, wishes: list[ReaderWishes], who: int) -> None:
        self.folders[who].put(wishes)
        self.expected |= {each.subscriber_id: largest(each) for each in wishes}
        self.check(self.folders[who])

    @rule(ids=st.lists(st.integers(0, 15), max_size=3), who=st.integers(0, 1))
    def remove(self, ids: list[int], who: int) -> None:
        self.folders[who].remove(ids)
        for number in ids:
            self.expected.pop(number, None)
        self.check(self.folders[who])

    @rule(who=st.integers(0, 1))
    def compact(self, who: int) -> None:
        self.folders[who].compact()
        readers = self.folders[who].readers
        wanted = {text for each in self.expected.values() for text, _ in each.items}
        wanted |= {text for each in self.expected.values() for text in each.hidden}
        assert set(readers.expressions) == wanted
        assert len(readers.rows) == len(self.expected)
        self.check(self.folders[who])

    @rule(who=st.integers(0, 1))
    def keep(self, who: int) -> None:
        self.folders[who].refresh()
        self.kept.append((self.folders[who].readers, dict(self.expected)))

    def check(self, folder: ReaderFolder) -> None:
        folder.refresh()
        assert content(folder.readers) == self.expected

    @invariant()
    def everybody_sees_the_same_and_what_was_taken_stays(self) -> None:
        for readers, expected in self.kept:
            assert content(readers) == expected

    def teardown(self) -> None:
        if hasattr(self, "folders"):
            self.check(ReaderFolder(Path(self.place.name)))
            for folder in self.folders:
                self.check(folder)
            self.place.cleanup()


TestFolders = Folders.TestCase
TestFolders.settings = settings(deadline=None, max_examples=40, stateful_step_count=15)


def test_appending_writes_only_what_is_new(tmp_path: Path) -> None:
    folder = ReaderFolder(tmp_path)
    folder.put(wish(number, 1, f"word {number}") for number in range(2000))
    before = {path.name: path.stat().st_size for path in tmp_path.glob("*.bin")}
    folder.put([wish(7, 2, "word 7", "fresh")])
    grown = {
        path.name.split("-")[1]: path.stat().st_size - before[path.name]
        for path in tmp_path.glob("*.bin")
    }
    assert grown == {
        "rows.bin": 32,
        "codes.bin": 8,
        "weights.bin": 4,
        "expressions.bin": 5,
        "expression_ends.bin": 8,
    }


def test_more_garbage_than_half_is_written_off(tmp_path: Path) -> None:
    folder = ReaderFolder(tmp_path, small=100)
    for revision in range(40):
        folder.put(wish(number, revision, f"word {revision}") for number in range(10))
    assert len(folder.readers.rows) <= 100 + 10
    assert len(list(tmp_path.glob("*-rows.bin"))) == 1
    assert folder.stale(range(10), [39] * 10).tolist() == []


def damage(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("part", ["rows", "codes", "weights", "expressions", "expression_ends"])
@pytest.mark.parametrize("how", ["changed", "cut", "missing"])
def test_a_broken_folder_is_refused_and_can_be_made_anew(
    tmp_path: Path, part: str, how: str
) -> None:
    ReaderFolder(tmp_path).put([wish(1), wish(2)])
    (path,) = tmp_path.glob(f"*-{part}.bin")
    if how == "changed":
        damage(path, 3)
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        path.unlink()
    with pytest.raises(ReadersError, match="made anew"):
        ReaderFolder(tmp_path)
    erase(tmp_path)
    folder = ReaderFolder(tmp_path)
    assert folder.stale([1, 2], [1, 1]).tolist() == [1, 2]
    folder.put([wish(1)])
    assert list(content(ReaderFolder(tmp_path).readers)) == [1]


@pytest.mark.parametrize("text", ["", "{}", "[]", "nonsense", '{"format": "digest-readers-0"}'])
def test_a_header_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    ReaderFolder(tmp_path).put([wish(1)])
    (tmp_path / HEADER).write_text(text)
    with pytest.raises(ReadersError, match=str(tmp_path)):
        ReaderFolder(tmp_path)


@pytest.mark.parametrize("at", range(0, 400, 37))
def test_a_header_with_a_flipped_bit_is_refused(tmp_path: Path, at: int) -> None:
    ReaderFolder(tmp_path).put([wish(1)])
    path = tmp_path / HEADER
    damage(path, at % path.stat().st_size)
    with pytest.raises(ReadersError):
        ReaderFolder(tmp_path)


def test_who_has_the_folder_open_keeps_it_while_it_is_erased_and_made_anew(tmp_path: Path) -> None:
    ReaderFolder(tmp_path).put([wish(1)])
    old = ReaderFolder(tmp_path)
    erase(tmp_path)
    ReaderFolder(tmp_path).put([wish(2), wish(3)])
    assert list(content(old.readers)) == [1]
    old.refresh()
    assert list(content(old.readers)) == [2, 3]


WRITER = """
import sys
from pathlib import Path
from tests.ranking.test_readers import step
from digest.ranking.reader_folder import ReaderFolder

folder = ReaderFolder(Path(sys.argv[1]), small=50)
number = int(sys.argv[2])
print("ready", flush=True)
while True:
    number += 1
    step(folder, number)
"""


def step(folder: ReaderFolder, number: int) -> None:
    """Make change `number`: one put, or one removal, of which the content tells the number."""
    if number % 5 == 0:
        folder.remove([number % 17])
    folder.put(changed(number))


def changed(number: int) -> Sequence[ReaderWishes]:
    """Return the readers of change `number`; reader 0 has it as revision."""
    texts = [f"word {number}", f"word {number % 100}"]
    return [wish(0, number, *texts), *(wish(1 + (number * k) % 40, number) for k in range(1, 9))]


def states_after(number: int) -> list[dict[int, ReaderWishes]]:
    """Return what may be there when change `number` was the last one complete."""
    expected: dict[int, ReaderWishes] = {}
    for each in range(1, number + 1):
        if each % 5 == 0:
            expected.pop(each % 17, None)
        expected |= {wishes.subscriber_id: largest(wishes) for wishes in changed(each)}
    removed = dict(expected)
    removed.pop((number + 1) % 17, None)
    return [expected, removed] if (number + 1) % 5 == 0 else [expected]


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_leaves_the_state_before_or_after(tmp_path: Path) -> None:
    random = Random(5)  # noqa: S311 - no secret
    last = 0
    root = Path(__file__).resolve().parents[2]
    for _ in range(12):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(last)]
        writer = subprocess.Popen(
            command, cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(random.uniform(0, 0.1))
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        found = content(ReaderFolder(tmp_path, small=50).readers)
        # Reader 0 may be the one just removed; of the others some are of the last change.
        last = max((each.revision for each in found.values()), default=last)
        assert found in states_after(last)
    assert last > 50


def test_folder_and_memory_give_the_same_arrays(tmp_path: Path) -> None:
    wishes = [wish(number, 1, f"word {number % 7}") for number in range(50)]
    folder = ReaderFolder(tmp_path)
    folder.put(wishes)
    built = Readers.build(wishes)
    for stored, kept in [
        (folder.readers.rows, built.rows),
        (folder.readers.codes, built.codes),
        (folder.readers.weights, built.weights),
    ]:
        assert np.array_equal(stored, kept)
    assert list(folder.readers.expressions) == list(built.expressions)
