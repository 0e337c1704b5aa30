import hashlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.delivery.sink import Received, Rule, Sink, Step

CERTIFICATE = Path(__file__).with_name("localhost.pem")
MAIL = b"Subject: Papers\r\n\r\n.hidden\r\n..\r\n.\r\nend\r\n"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


def client(sink: Sink) -> smtplib.SMTP:
    return smtplib.SMTP(sink.host, sink.port, "client.test", timeout=5)


def talk(sink: Sink, said: bytes) -> bytes:
    """Say everything at once, as a pipelining client does, and return all that is answered."""
    with socket.create_connection((sink.host, sink.port), timeout=5) as connection:
        connection.sendall(said)
        answer = b""
        while received := connection.recv(65536):
            answer += received
    return answer


def test_smtplib_delivers_a_mail_to_two_people_byte_for_byte(sink: Sink) -> None:
    with client(sink) as smtp:
        refused = smtp.sendmail("from@a.test", ["to@b.test", "and@c.test"], MAIL)
    assert refused == {}
    assert sink.mails == [
        Received("from@a.test", "to@b.test", MAIL),
        Received("from@a.test", "and@c.test", MAIL),
    ]


def test_one_connection_carries_many_mails(sink: Sink) -> None:
    with client(sink) as smtp:
        for number in range(20):
            smtp.sendmail("from@a.test", f"to{number}@b.test", MAIL)
    assert [mail.recipient for mail in sink.mails] == [f"to{n}@b.test" for n in range(20)]
    assert sink.connections == 1


def test_a_pipelined_conversation_is_answered_in_order(sink: Sink) -> None:
    answer = talk(
        sink,
        b"EHLO c\r\nMAIL FROM:<a@a.test> SIZE=10\r\nRCPT TO:<b@b.test>\r\nDATA\r\nbody\r\n.\r\n"
        b"mail from:<>\r\nrcpt to:<c@c.test>\r\ndata\r\n.\r\nNOOP\r\nQUIT\r\n",
    )
    codes = [line[:4] for line in answer.split(b"\r\n") if line]
    assert b" ".join(codes).decode() == (
        "220  250- 250- 250- 250  250  250  354  250  250  250  354  250  250  221 "
    )
    assert sink.mails == [
        Received("a@a.test", "b@b.test", b"body\r\n"),
        Received("", "c@c.test", b""),
    ]


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r"])
def test_only_a_dot_between_two_whole_line_ends_ends_a_mail(sink: Sink, end: bytes) -> None:
    with_other_end = b"one" + end + b"MAIL FROM:<evil@a.test>\r\n"
    talk(
        sink,
        b"MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n"
        + with_other_end
        + b".\r\nQUIT\r\n",
    )
    assert [mail.message for mail in sink.mails] == [with_other_end]


def test_a_mail_that_comes_byte_by_byte_is_the_same_mail(sink: Sink) -> None:
    said = b"EHLO c\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n..x\r\n.\r\nQUIT\r\n"
    with socket.create_connection((sink.host, sink.port), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in said:
            connection.sendall(bytes([byte]))
        while connection.recv(65536):
            pass
    assert [mail.message for mail in sink.mails] == [b".x\r\n"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"RCPT TO:<b@b.test>", b"503"),
        (b"DATA", b"503"),
        (b"MAIL FROM:a@a.test", b"501"),
        (b"MAIL", b"501"),
        (b"MAIL FROM:<a@a.test> SIZE=99999999999", b"552"),
        (b"MAIL FROM:<a@a.test>\r\nMAIL FROM:<a@a.test>", b"503"),
        (b"MAIL FROM:<a@a.test>\r\nRCPT TO:<b", b"501"),
        (b"MAIL FROM:<a@a.test>\r\nRSET\r\nRCPT TO:<b@b.test>", b"503"),
        (b"MAIL FROM:<a@a.test>\r\nEHLO c\r\nRCPT TO:<b@b.test>", b"503"),
        (b"VRFY b", b"500"),
        (b"", b"500"),
        (b"STARTTLS", b"502"),
        (b"\xff\x00", b"500"),
        (b"HELO c", b"250"),
    ],
)
def test_commands_out_of_order_or_form_are_refused(sink: Sink, said: bytes, code: bytes) -> None:
    answer = talk(sink, said + b"\r\nQUIT\r\n").split(b"\r\n")
    assert answer[-3][:3] == code
    assert sink.mails == []


def test_a_mail_over_the_size_is_refused_at_its_end() -> None:
    with Sink(max_size=100) as sink, client(sink) as smtp:
        smtp.ehlo()
        smtp.mail("from@a.test")
        smtp.rcpt("to@b.test")
        assert smtp.data(b"x" * 200)[0] == 552
        assert sink.mails == []


def test_a_client_that_leaves_in_the_middle_of_a_mail_leaves_nothing(sink: Sink) -> None:
    with socket.create_connection((sink.host, sink.port), timeout=5) as connection:
        connection.sendall(b"MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\nhalf a ma")
    with client(sink) as smtp:
        smtp.sendmail("from@a.test", "to@b.test", MAIL)
    assert len(sink.mails) == 1


def test_a_rule_for_one_person_leaves_the_others_alone() -> None:
    with Sink(Rule(Step.RCPT, "550 5.1.1 no such user", recipient="^bob@")) as sink:
        with client(sink) as smtp:
            refused = smtp.sendmail("from@a.test", ["ada@b.test", "bob@b.test"], MAIL)
        assert refused == {"bob@b.test": (550, b"5.1.1 no such user")}
        assert [mail.recipient for mail in sink.mails] == ["ada@b.test"]


def test_a_rule_wears_off_after_its_times() -> None:
    with Sink(Rule(Step.END, "451 4.3.0 later", times=2)) as sink, client(sink) as smtp:
        codes = []
        for _ in range(3):
            smtp.ehlo()
            smtp.mail("from@a.test")
            smtp.rcpt("to@b.test")
            codes.append(smtp.data(MAIL)[0])
        assert codes == [451, 451, 250]
        assert len(sink.mails) == 1


def test_a_mail_can_be_kept_and_its_reply_lost() -> None:
    with Sink(Rule(Step.END, b"", drops=True, accepts=True)) as sink, client(sink) as smtp:
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtp.sendmail("from@a.test", "to@b.test", MAIL)
        assert len(sink.mails) == 1


def test_waiting_for_mails_returns_them_or_says_how_many_came(sink: Sink) -> None:
    with client(sink) as smtp:
        smtp.sendmail("from@a.test", "to@b.test", MAIL)
    assert len(sink.wait_for(1)) == 1
    with pytest.raises(TimeoutError, match="1 mails after"):
        sink.wait_for(2, within=0.01)
    sink.clear()
    assert (sink.mails, sink.commands, sink.connections) == ([], [], 0)


def test_a_port_that_is_taken_is_said_at_once(sink: Sink) -> None:
    with pytest.raises(OSError, match="in use"), Sink(port=sink.port):
        pass


def test_the_sink_stops_while_clients_are_connected() -> None:
    with Sink() as sink:
        smtp = client(sink)
    smtp.close()
    with pytest.raises(ConnectionRefusedError):
        client(sink)


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def test_it_encrypts_if_told_to_and_forgets_what_was_said_before() -> None:
    rule = Rule(Step.MAIL, "550 in plain text", in_tls=False)
    with Sink(rule, tls=server_context()) as sink, client(sink) as smtp:
        assert smtp.mail("from@a.test")[0] == 550
        smtp.starttls(context=ssl.create_default_context(cafile=CERTIFICATE))
        smtp.sendmail("from@a.test", "to@b.test", MAIL)
        assert "starttls" not in smtp.esmtp_features
        assert len(sink.mails) == 1


def test_it_speaks_nothing_but_tls_if_told_to() -> None:
    ours = ssl.create_default_context(cafile=CERTIFICATE)
    with (
        Sink(tls=server_context(), is_implicit_tls=True) as sink,
        smtplib.SMTP_SSL(sink.host, sink.port, "client.test", timeout=5, context=ours) as smtp,
    ):
        smtp.sendmail("from@a.test", "to@b.test", MAIL)
        assert len(sink.mails) == 1


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_it_asks_for_a_login_if_told_to(mechanism: str) -> None:
    with Sink(logins={"ada": "secret"}, mechanisms=[mechanism]) as sink, client(sink) as smtp:
        smtp.ehlo()
        assert smtp.mail("from@a.test")[0] == 530
        with pytest.raises(smtplib.SMTPAuthenticationError):
            smtp.login("ada", "wrong")
        smtp.login("ada", "secret")
        smtp.sendmail("from@a.test", "to@b.test", MAIL)
        assert len(sink.mails) == 1


def test_lmtp_answers_for_each_recipient() -> None:
    rule = Rule(Step.END, "452 4.2.2 full", recipient="^b@")
    with Sink(rule, is_lmtp=True) as sink:
        answer = talk(
            sink,
            b"EHLO c\r\nLHLO c\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nRCPT TO:<c@b.test>"
            b"\r\nDATA\r\nx\r\n.\r\nQUIT\r\n",
        ).split(b"\r\n")
        assert answer[1].startswith(b"500")
        assert [line[:3] for line in answer[-5:-1]] == [b"354", b"452", b"250", b"221"]
        assert [mail.recipient for mail in sink.mails] == ["c@b.test"]


def test_refused_connections_are_refused_until_it_listens_again(sink: Sink) -> None:
    with client(sink) as smtp:
        sink.refuse()
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtp.sendmail("from@a.test", "to@b.test", MAIL)
    with pytest.raises(ConnectionRefusedError):
        client(sink)
    sink.listen_again()
    with client(sink) as smtp:
        smtp.sendmail("from@a.test", "to@b.test", MAIL)


def test_a_hook_is_called_when_a_mail_is_kept_and_not_answered_yet() -> None:
    kept_then: list[int] = []
    answered_then: list[int] = []
    with Sink() as sink, client(sink) as smtp:
        sink.play(
            Rule(
                Step.END,
                hook=lambda: kept_then.append(len(sink.mails)),
                then=lambda: answered_then.append(len(sink.mails)),
            )
        )
        smtp.sendmail("from@a.test", "to@b.test", MAIL)
    assert (kept_then, answered_then) == ([1], [1])


def test_a_slow_reply_comes_byte_by_byte_and_whole() -> None:
    with Sink(Rule(Step.MAIL, "250-slow\r\n250 ok", pace=0.001)) as sink, client(sink) as smtp:
        smtp.sendmail("from@a.test", "to@b.test", MAIL)
        assert len(sink.mails) == 1


def test_copies_are_counted_by_recipient_and_message_id(sink: Sink) -> None:
    mail = b"Subject: a\r\nMessage-ID:\r\n <1@a.test>\r\n\r\nMessage-ID: <no@a.test>\r\n"
    with client(sink) as smtp:
        for to in ("to@b.test", "to@b.test", "and@c.test"):
            smtp.sendmail("from@a.test", to, mail)
    assert sink.copies() == {("to@b.test", "<1@a.test>"): 2, ("and@c.test", "<1@a.test>"): 1}
    assert {received.sha256 for received in sink.mails} == {hashlib.sha256(mail).hexdigest()}
    assert [received.connection for received in sink.mails] == [1, 1, 1]


def test_a_mail_without_a_message_id_has_none() -> None:
    assert Received("from@a.test", "to@b.test", MAIL).message_id == ""
