"""What an operator writes, and the transport that is meant."""

from dataclasses import replace
from pathlib import Path

import pytest

from digest.delivery.open_route import Surroundings, open_route
from digest.delivery.smtp import Auth, SmtpTransport, Tls
from digest.delivery.transports import OutgoingMail, Threaded
from digest.errors import ConfigError
from digest.model.deliveries import Outcome
from digest.pipeline.outgoing import Leases
from tests.delivery.lane import send_all


def around(folder: Path) -> Surroundings:
    return Surroundings("mail.example.org", "opportunistic", folder)


def test_a_relay_with_everything(tmp_path: Path) -> None:
    address = "smtp://me%40x:pa%2Fss@[::1]:2525?tls=require&auth=login"
    transport = open_route(address, around(tmp_path))

    assert isinstance(transport, SmtpTransport)
    settings = transport.settings
    assert (settings.host, settings.port) == ("::1", 2525)
    assert settings.shown_name == "[::1]:2525"
    assert (settings.username, settings.password) == ("me@x", "pa/ss")
    assert (settings.tls, settings.auth) == (Tls.REQUIRE, Auth.LOGIN)
    assert settings.local_hostname == "mail.example.org"


@pytest.mark.parametrize(("seconds", "end"), [(900, 600), (3600, 600), (90, 60)])
def test_a_server_is_waited_for_as_long_as_a_lease_allows_and_no_longer(
    seconds: int, end: int, tmp_path: Path
) -> None:
    leases = Leases.lasting(seconds)
    transport = open_route("smtp://host", replace(around(tmp_path), patience=leases.patience))

    assert isinstance(transport, SmtpTransport)
    assert transport.settings.timeouts.end == pytest.approx(end)
    assert transport.settings.timeouts.end < leases.margin < leases.length == seconds
    assert leases.renewal * 3 < leases.length - leases.margin


@pytest.mark.parametrize(
    ("address", "port", "tls"),
    [
        ("smtp://host", 25, Tls.OPPORTUNISTIC),
        ("smtps://host", 465, Tls.IMPLICIT),
        ("lmtp://host", 24, Tls.OPPORTUNISTIC),
    ],
)
def test_usual_ports(address: str, port: int, tls: Tls, tmp_path: Path) -> None:
    transport = open_route(address, around(tmp_path))

    assert isinstance(transport, SmtpTransport)
    assert (transport.settings.port, transport.settings.tls) == (port, tls)
    assert transport.settings.is_lmtp is address.startswith("lmtp")


def test_a_socket_of_this_machine(tmp_path: Path) -> None:
    transport = open_route("lmtp:///run/dovecot/lmtp", around(tmp_path))

    assert isinstance(transport, SmtpTransport)
    assert transport.settings.host == "/run/dovecot/lmtp"


def test_a_relative_folder_is_in_the_data_folder(tmp_path: Path) -> None:
    transport = open_route("maildir:post", around(tmp_path))
    mail = OutgoingMail("key", "a@example.org", "b@example.org", b"Subject: x\r\n\r\ny\r\n")

    assert isinstance(transport, Threaded)
    assert [each.outcome for each in send_all(transport, [mail])] == [Outcome.ACCEPTED]
    assert (tmp_path / "post" / "new" / "key").exists()


@pytest.mark.parametrize(
    "address",
    [
        "smtp://host?tsl=require",
        "smtp://host?tls=maybe",
        "smtp://host?auth=ntlm",
        "smtp://host:0",
        "smtps://host?tls=never",
        "lmtp://host?tls=implicit",
    ],
)
def test_an_option_that_is_none_names_the_setting(address: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="DIGEST_MAIL"):
        open_route(address, around(tmp_path))
