"""Returned mail in a mailbox is taken in once and marked, and stays there while it cannot be."""

import base64
import imaplib
import os
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from digest.delivery.imap import ImapIntake, Mailbox
from digest.delivery.intake import build_intake, open_intake
from digest.delivery.intakes import IntakeError, Taken
from digest.delivery.listener import ReturnsListener
from digest.delivery.mail_parts import MAX_HEAD
from digest.delivery.verp import Returns
from digest.errors import ConfigError
from digest.tokens import Tokens
from tests.delivery import returned_mail as came
from tests.delivery.dovecot import PASSWORD, USER, WAY_OUT, Dovecot, dovecot, is_installed

CERTIFICATE = Path(__file__).with_name("localhost.pem")
OURS = ssl.create_default_context(cafile=CERTIFICATE)
RETURNS = Returns("return@digest.example.org", Tokens(["a secret"]))
POISON = b"Subject: poison\r\n\r\nx\r\n"


class Desk:
    """Keeps what it gets; raises for what it is told to."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.is_away = False
        self.says = Taken.BOUNCED

    def take(self, recipients: Sequence[str], message: bytes) -> Taken:
        assert not recipients
        if self.is_away or message == POISON:
            raise ConnectionError("the database is away")
        self.taken.append(message)
        return self.says


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "returns"


def put(folder: Path, name: str, message: bytes) -> None:
    (folder / "new" / name).write_bytes(message)


def names(folder: Path, part: str) -> list[str]:
    return sorted(path.name for path in (folder / part).iterdir())


def test_what_is_new_in_a_maildir_is_taken_in_and_marked_as_seen(desk: Desk, folder: Path) -> None:
    intake = open_intake(f"maildir:{folder}", RETURNS, desk.take)
    put(folder, "1.a.mx", came.postfix())
    put(folder, "2.a.mx", came.exim())

    assert intake.collect() == 2
    assert intake.collect() == 0
    assert desk.taken == [came.postfix(), came.exim()]
    assert (names(folder, "new"), names(folder, "cur")) == ([], ["1.a.mx:2,S", "2.a.mx:2,S"])


def test_what_is_parked_is_flagged_for_a_person(desk: Desk, folder: Path) -> None:
    intake = open_intake(f"maildir:{folder}", RETURNS, desk.take)
    desk.says = Taken.PARKED
    put(folder, "1.a.mx", came.postfix())

    intake.collect()
    assert names(folder, "cur") == ["1.a.mx:2,FS"]


def test_what_cannot_be_taken_in_now_stays_new(desk: Desk, folder: Path) -> None:
    intake = open_intake(f"maildir:{folder}", RETURNS, desk.take)
    put(folder, "1.a.mx", came.postfix())
    desk.is_away = True
    assert intake.collect() == 0
    assert names(folder, "new") == ["1.a.mx"]

    desk.is_away = False
    assert intake.collect() == 1


def test_mails_that_can_never_be_taken_in_do_not_hold_up_the_others(
    desk: Desk, folder: Path
) -> None:
    intake = open_intake(f"maildir:{folder}", RETURNS, desk.take)
    for number in range(5):
        put(folder, f"{number}.a.mx", POISON)
    put(folder, "9.a.mx", came.postfix())

    for _ in range(3):
        intake.collect()
    assert desk.taken == [came.postfix()]


def test_only_the_head_of_a_huge_mail_is_read(desk: Desk, folder: Path) -> None:
    intake = open_intake(f"maildir:{folder}", RETURNS, desk.take)
    put(folder, "1.a.mx", came.postfix() + b"x" * 20_000_000)

    intake.collect()
    assert [len(message) for message in desk.taken] == [MAX_HEAD]


def test_what_is_no_mail_is_left_alone(desk: Desk, folder: Path) -> None:
    intake = open_intake(f"maildir:{folder}", RETURNS, desk.take)
    os.mkfifo(folder / "new" / "1.pipe")
    (folder / "new" / "2.link").symlink_to(CERTIFICATE)
    put(folder, ".hidden", came.postfix())

    assert intake.collect() == 0
    assert desk.taken == []


def test_a_folder_that_cannot_be_is_told(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(IntakeError, match="file/returns cannot be read"):
        open_intake(f"maildir:{tmp_path / 'file' / 'returns'}", RETURNS, desk.take)


@pytest.fixture(scope="module")
def plain() -> Iterator[Dovecot]:
    yield from running(has_tls=False)


@pytest.fixture(scope="module")
def with_tls() -> Iterator[Dovecot]:
    yield from running(has_tls=True)


def running(*, has_tls: bool) -> Iterator[Dovecot]:
    if not is_installed():
        if os.environ.get("CI"):
            pytest.fail(f"CI tests IMAP: {WAY_OUT}")
        pytest.skip(f"IMAP is not tested: {WAY_OUT}")
    with dovecot(CERTIFICATE, has_tls=has_tls) as server:
        yield server


def mailbox(server: Dovecot, host: str = "127.0.0.1", *, is_tls: bool = False) -> Mailbox:
    port = server.tls_port if is_tls else server.port
    return Mailbox(host, port, USER, PASSWORD, is_tls=is_tls)


def empty(server: Dovecot) -> None:
    for part in ("new", "cur"):
        for path in (server.mail / part).iterdir():
            path.unlink()


def flagged(server: Dovecot, flags: str) -> int:
    with imaplib.IMAP4("127.0.0.1", server.port) as client:
        client.login(USER, PASSWORD)
        client.select(readonly=True)
        return len(client.search(None, flags)[1][0].split())


def test_what_is_unseen_in_an_imap_mailbox_is_taken_in_and_marked(
    desk: Desk, plain: Dovecot
) -> None:
    empty(plain)
    put(plain.mail, "1.a.mx", came.postfix())
    put(plain.mail, "2.a.mx", came.exim())
    address = f"imap://return%73@digest.example.org:p%2Fa%23s%40s%20word@127.0.0.1:{plain.port}"
    intake = build_intake(address.replace("s@d", "s%40d", 1), RETURNS, desk.take)

    assert intake.collect() == 2
    assert intake.collect() == 0
    assert sorted(desk.taken) == sorted([came.postfix(), came.exim()])
    assert (flagged(plain, "SEEN"), flagged(plain, "FLAGGED")) == (2, 0)
    assert "word" not in intake.name


def test_what_is_parked_is_flagged_in_imap_too(desk: Desk, plain: Dovecot) -> None:
    empty(plain)
    put(plain.mail, "3.a.mx", came.postfix())
    desk.says = Taken.PARKED

    ImapIntake(mailbox(plain), desk.take).collect()
    assert flagged(plain, "SEEN FLAGGED") == 1


def test_what_cannot_be_taken_in_now_stays_unseen(desk: Desk, plain: Dovecot) -> None:
    empty(plain)
    intake = ImapIntake(mailbox(plain), desk.take)
    for number in range(5):
        put(plain.mail, f"4{number}.a.mx", POISON)
    put(plain.mail, "50.a.mx", came.postfix())

    for _ in range(3):
        intake.collect()
    assert desk.taken == [came.postfix()]
    assert flagged(plain, "UNSEEN") == 5


def test_only_the_head_of_a_huge_mail_is_fetched(desk: Desk, plain: Dovecot) -> None:
    empty(plain)
    put(plain.mail, "6.a.mx", came.postfix() + b"hello again\r\n" * 1_000_000)

    ImapIntake(mailbox(plain), desk.take).collect()
    assert [len(message) for message in desk.taken] == [MAX_HEAD]


def test_tls_is_begun_at_once_or_by_starttls(desk: Desk, with_tls: Dovecot) -> None:
    for number, is_tls in enumerate((True, False)):
        put(with_tls.mail, f"7{number}.a.mx", came.postfix())
        place = mailbox(with_tls, "localhost", is_tls=is_tls)
        assert ImapIntake(place, desk.take, OURS).collect() == 1


@pytest.mark.parametrize("is_tls", [True, False])
def test_a_certificate_that_is_not_trusted_gets_no_password(
    desk: Desk, with_tls: Dovecot, *, is_tls: bool
) -> None:
    with pytest.raises(IntakeError, match="certificate verify failed"):
        ImapIntake(mailbox(with_tls, "localhost", is_tls=is_tls), desk.take).collect()


def test_no_password_goes_over_a_network_without_tls(desk: Desk, plain: Dovecot) -> None:
    # 0.0.0.0 leads to this machine as well, and does not look like it.
    with pytest.raises(IntakeError, match="offers no TLS, so no password is sent to it"):
        ImapIntake(mailbox(plain, "0.0.0.0"), desk.take).collect()  # noqa: S104  asked, not bound


def test_a_wrong_password_and_a_missing_folder_are_told(desk: Desk, plain: Dovecot) -> None:
    wrong = Mailbox("127.0.0.1", plain.port, USER, "wrong", is_tls=False)
    missing = Mailbox("127.0.0.1", plain.port, USER, PASSWORD, 'no "such"', is_tls=False)

    with pytest.raises(IntakeError, match=r"(?i)authentication"):
        ImapIntake(wrong, desk.take).collect()
    with pytest.raises(IntakeError, match=r"(?i)mailbox doesn't exist"):
        ImapIntake(missing, desk.take).collect()


def test_a_server_that_is_away_is_told(desk: Desk) -> None:
    with pytest.raises(IntakeError, match=r"imap://127\.0\.0\.1:1: .*refused"):
        ImapIntake(Mailbox("127.0.0.1", 1, USER, PASSWORD, is_tls=False), desk.take).collect()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "maildir:",
        "lmtp://127.0.0.1",
        "smtp://:2525",
        "smtp://127.0.0.1:x",
        "imaps://mail.example.org/INBOX",
        "imaps://user@mail.example.org/INBOX",
        "pop3://user:password@mail.example.org",
        "imaps://user:pass/word@mail.example.org",
    ],
)
def test_an_address_that_names_no_way_in_is_refused(desk: Desk, address: str) -> None:
    with pytest.raises(ConfigError, match="DIGEST_RETURNS"):
        build_intake(address, RETURNS, desk.take)


def test_an_address_names_its_way_in(desk: Desk) -> None:
    def named(address: str) -> str:
        return build_intake(address, RETURNS, desk.take).name

    assert isinstance(build_intake("lmtp://[::1]:2424", RETURNS, desk.take), ReturnsListener)
    assert named("imaps://user:password@mail.example.org") == "imaps://mail.example.org:993"
    assert named("imap://user:password@mail.example.org") == "imap://mail.example.org:143"


@pytest.mark.parametrize("offers", ["AUTH=PLAIN", ""])
def test_a_password_that_is_not_ascii_goes_as_utf_8_or_not_at_all(desk: Desk, offers: str) -> None:
    said: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=(server, offers, said))
        thread.start()
        place = Mailbox("127.0.0.1", server.getsockname()[1], "me", "gehe\u00efm", is_tls=False)
        intake = ImapIntake(place, desk.take)
        if offers:
            assert intake.collect() == 0
        else:
            with pytest.raises(IntakeError, match="ASCII"):
                intake.collect()
        thread.join()

    token = base64.b64encode("\0me\0gehe\u00efm".encode())
    assert (token + b"\r\n" in said) is bool(offers)


def answer(server: socket.socket, offers: str, said: list[bytes]) -> None:
    """Say yes to everything a client asks over IMAP."""
    client, _ = server.accept()
    with client, client.makefile("rwb", 0) as stream:
        stream.write(b"* OK hello\r\n")
        for line in iter(stream.readline, b""):
            tag, command = line.split()[:2]
            if command == b"AUTHENTICATE":
                stream.write(b"+ \r\n")
                said.append(stream.readline())
            if command == b"CAPABILITY":
                stream.write(f"* CAPABILITY IMAP4rev1 {offers}\r\n".encode())
            if command == b"LOGOUT":
                stream.write(b"* BYE\r\n")
            stream.write(tag + b" OK done\r\n")
