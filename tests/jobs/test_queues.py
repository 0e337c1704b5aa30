"""What every queue promises, whoever runs the jobs: nobody, threads, or hosts."""

import threading

import pytest

from digest.jobs.queue import Job, Queue
from digest.model.partitions import IdRange
from tests.jobs.conftest import THREADED, Diary, Office

FIRST = Job("compose", IdRange(1, 500))
SECOND = Job("compose", IdRange(501, 1000))
RING = Job("deliver")

# Who runs jobs in the thread that asks for them does one thing at a time.
with_threads = pytest.mark.parametrize("office", THREADED, indirect=True)


class ChangedMindError(Exception):
    """What ends a transaction in which all was well."""


def enqueue_and_roll_back(office: Office, queue: Queue, job: Job) -> None:
    with office.database.writing() as connection:
        queue.enqueue([job], connection)
        raise ChangedMindError


def test_what_is_enqueued_runs_once_it_is_committed(
    office: Office, queue: Queue, diary: Diary
) -> None:
    queue.start(diary.kinds("compose", "deliver"))
    with office.database.writing() as connection:
        queue.enqueue([FIRST, RING], connection)
        assert diary.jobs == []

    diary.wait_for(FIRST)
    diary.wait_for(RING)
    assert len(diary.jobs) == 2


def test_what_was_rolled_back_never_runs(office: Office, queue: Queue, diary: Diary) -> None:
    queue.start(diary.kinds("compose"))
    with pytest.raises(ChangedMindError):
        enqueue_and_roll_back(office, queue, FIRST)
    with office.database.writing() as connection:
        queue.enqueue([SECOND], connection)

    diary.wait_for(SECOND)
    assert diary.jobs == [SECOND]


def test_outside_of_any_transaction_it_runs_at_once(queue: Queue, diary: Diary) -> None:
    queue.start(diary.kinds("compose"))
    queue.enqueue([FIRST])
    diary.wait_for(FIRST)


def test_nothing_to_enqueue_is_nothing(queue: Queue) -> None:
    queue.enqueue([])


def test_what_waits_already_is_not_queued_twice(office: Office, queue: Queue, diary: Diary) -> None:
    queue.enqueue([FIRST, FIRST])
    with office.database.writing() as connection:
        queue.enqueue([FIRST], connection)
        queue.enqueue([FIRST, SECOND], connection)
    queue.start(diary.kinds("compose"))

    diary.wait_for(FIRST)
    diary.wait_for(SECOND)
    queue.stop()
    assert sorted(map(str, diary.jobs)) == ["compose 1-500", "compose 501-1000"]


def test_what_is_running_may_be_asked_for_again(queue: Queue, diary: Diary) -> None:
    again = [FIRST]

    def ask_again(_job: Job) -> None:
        while again:
            queue.enqueue([again.pop()])

    diary.doing = ask_again
    queue.start(diary.kinds("compose"))
    queue.enqueue([FIRST])

    diary.wait_for(FIRST, times=2)


def test_a_job_that_fails_is_told_and_stops_no_other(
    queue: Queue, diary: Diary, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_at_first(job: Job) -> None:
        if job == FIRST:
            raise ZeroDivisionError

    diary.doing = fail_at_first
    queue.start(diary.kinds("compose"))
    queue.enqueue([FIRST])
    queue.enqueue([SECOND])

    diary.wait_for(SECOND)
    assert diary.jobs == [SECOND]
    assert "ZeroDivisionError" in caplog.text


def test_a_name_of_a_later_release_is_left_alone(queue: Queue, diary: Diary) -> None:
    queue.enqueue([Job("dream of papers"), Job("dream", IdRange(1, 2))])
    queue.start(diary.kinds("compose"))
    queue.enqueue([Job("dream of papers")])
    queue.enqueue([FIRST])

    diary.wait_for(FIRST)
    assert diary.jobs == [FIRST]


def test_a_job_asks_for_another_in_its_own_transaction(
    office: Office, queue: Queue, diary: Diary
) -> None:
    def ring(job: Job) -> None:
        if job == FIRST:
            with office.database.writing() as connection:
                queue.enqueue([RING], connection)

    diary.doing = ring
    queue.start(diary.kinds("compose", "deliver"))
    queue.enqueue([FIRST])

    diary.wait_for(RING)


@with_threads
def test_a_long_job_keeps_only_those_of_its_own_kind_waiting(queue: Queue, diary: Diary) -> None:
    rung = threading.Event()
    diary.doing = lambda job: rung.set() if job == RING else rung.wait(20)
    queue.start(diary.kinds("compose", "deliver"))
    queue.enqueue([FIRST])
    queue.enqueue([RING])

    diary.wait_for(FIRST)
    assert diary.jobs[0] == RING


@with_threads
def test_stopping_waits_for_what_runs_and_leaves_the_rest(queue: Queue, diary: Diary) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def take_long(_job: Job) -> None:
        begun.set()
        go_on.wait(20)

    diary.doing = take_long
    queue.enqueue([FIRST])
    queue.start(diary.kinds("compose"))
    assert begun.wait(20)
    stopping = threading.Thread(target=queue.stop)
    stopping.start()
    go_on.set()
    stopping.join(20)

    assert not stopping.is_alive()
    queue.enqueue([SECOND])
    assert diary.jobs == [FIRST]


def test_a_queue_that_never_started_and_one_that_stopped_can_be_stopped(queue: Queue) -> None:
    queue.stop()
    queue.stop()


def test_nobody_is_gone_when_all_are_well(queue: Queue, diary: Diary) -> None:
    queue.start(diary.kinds("compose"))
    queue.enqueue([FIRST])
    diary.wait_for(FIRST)

    assert queue.sweep() == 0
