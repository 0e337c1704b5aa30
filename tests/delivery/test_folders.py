import asyncio
import mailbox
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from digest.delivery.file import FileTransport
from digest.delivery.maildir import MaildirTransport
from digest.delivery.transports import BlockingTransport, OutgoingMail, Threaded
from digest.errors import DigestError
from digest.model.deliveries import Outcome, Verdict

MAIL = b"Subject: Papers\r\n\r\nHello\r\n"


def send(transport: BlockingTransport, key: str = "k1", message: bytes = MAIL) -> Verdict:
    return transport.deliver(OutgoingMail(key, "digest@example.org", "ada@example.org", message))


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.fixture(params=[MaildirTransport, FileTransport])
def make(request: pytest.FixtureRequest) -> Callable[[Path], BlockingTransport]:
    maker: Callable[[Path], BlockingTransport] = request.param
    return maker


def test_a_mail_is_written_once_under_its_key_byte_for_byte(
    make: Callable[[Path], BlockingTransport], tmp_path: Path
) -> None:
    transport = make(tmp_path / "out")
    assert [send(transport).outcome for _ in range(3)] == [Outcome.ACCEPTED] * 3
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert path.name.startswith("k1")
    assert path.read_bytes() == MAIL


def test_a_folder_that_cannot_be_written_is_unreachable_and_says_so(
    make: Callable[[Path], BlockingTransport], tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("in the way")
    verdict = send(make(tmp_path / "out"))
    assert verdict.outcome is Outcome.UNREACHABLE
    assert str(tmp_path / "out") in verdict.text


def test_a_full_disk_leaves_nothing_half_written(
    make: Callable[[Path], BlockingTransport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    transport = make(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        verdict = send(transport)
    assert verdict.outcome is Outcome.UNREACHABLE
    assert "No space left" in verdict.text
    assert files(tmp_path) == []
    assert send(transport).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("key", ["../up", "a/b", ".hidden", "a:2,S", "", "a\0b", "a\nb"])
def test_a_key_cannot_name_a_file_elsewhere(
    make: Callable[[Path], BlockingTransport], tmp_path: Path, key: str
) -> None:
    with pytest.raises(DigestError, match="no mail key"):
        send(make(tmp_path), key)


def test_many_workers_deliver_one_copy(
    make: Callable[[Path], BlockingTransport], tmp_path: Path
) -> None:
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda _: send(make(tmp_path)), range(64)))
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}
    assert len(files(tmp_path)) == 1


def test_the_maildir_is_one_that_mail_readers_know(tmp_path: Path) -> None:
    send(MaildirTransport(tmp_path / "mail"))
    box = mailbox.Maildir(tmp_path / "mail", create=False)
    assert [mail["Subject"] for mail in box] == ["Papers"]


def test_a_mail_that_was_read_and_moved_is_not_delivered_again(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    send(transport)
    (tmp_path / "new" / "k1").rename(tmp_path / "cur" / "k1:2,RS")
    assert send(transport).outcome is Outcome.ACCEPTED
    assert send(transport, "k").outcome is Outcome.ACCEPTED
    assert files(tmp_path) == ["cur/k1:2,RS", "new/k"]


def test_what_a_killed_worker_left_behind_is_no_mail(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "k1.1.1").write_bytes(MAIL[:5])
    assert send(MaildirTransport(tmp_path)).outcome is Outcome.ACCEPTED
    assert (tmp_path / "new" / "k1").read_bytes() == MAIL


def test_another_mail_under_the_same_key_takes_the_place_of_the_file(tmp_path: Path) -> None:
    transport = FileTransport(tmp_path)
    send(transport)
    send(transport, message=MAIL * 2)
    assert (tmp_path / "k1.eml").read_bytes() == MAIL * 2


def test_a_mail_whose_name_may_not_have_been_safe_is_made_safe_when_it_is_sent_again(
    make: Callable[[Path], BlockingTransport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(make(tmp_path))
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    assert "already" in send(make(tmp_path)).text
    assert len(synced) == 1


def test_a_folder_is_sent_to_only_if_armed(
    make: Callable[[Path], BlockingTransport], tmp_path: Path
) -> None:
    async def send_two() -> list[Outcome]:
        connection = await Threaded(make(tmp_path)).connect()
        outcomes = []
        for is_armed in (False, True):

            async def arm(answer: bool = is_armed) -> bool:  # noqa: FBT001 - an answer
                return answer

            mail = OutgoingMail("k1", "digest@example.org", "ada@example.org", MAIL)
            verdict = await connection.send(mail, arm, lambda: None, lambda: None)
            outcomes.append(verdict.outcome)
        return outcomes

    assert make(tmp_path).is_idempotent
    assert asyncio.run(send_two()) == [Outcome.WITHDRAWN, Outcome.ACCEPTED]
    assert len(files(tmp_path)) == 1
