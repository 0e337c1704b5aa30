"""Settings are read once, typed, and checked with a hint."""

import threading
from pathlib import Path

import pytest

from digest.config import read_settings, rows
from digest.errors import ConfigError
from tests.conftest import REPOSITORY


def test_every_setting_has_a_sentence() -> None:
    for name, _value, _default, sentence in rows(read_settings({})):
        assert name.startswith("DIGEST_")
        assert sentence.endswith("."), name


def test_every_setting_is_in_the_documentation() -> None:
    text = (REPOSITORY / "docs" / "settings.md").read_text()
    for name, _value, default, sentence in rows(read_settings({})):
        assert f"| `{name}` | {f'`{default}`' if default else 'empty'} | {sentence} |" in text


def test_sqlite_in_the_data_folder_needs_no_setting() -> None:
    settings = read_settings({"DIGEST_DATA_DIR": "/var/lib/digest"})

    assert settings.database == "sqlite:////var/lib/digest/digest.sqlite3"
    assert settings.is_embedded


def test_postgresql_is_written_as_everybody_writes_it() -> None:
    for scheme in ("postgres", "postgresql"):
        settings = read_settings(
            {"DIGEST_DATABASE_URL": f"{scheme}://me@host/db", "DIGEST_SECRET": "x" * 40}
        )
        assert settings.database == "postgresql+psycopg://me@host/db"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DIGEST_HUB", "ftp://hub.example.org/"),
        ("DIGEST_HUB", "hub.example.org"),
        ("DIGEST_HUB", "https://"),
        ("DIGEST_HUB", "https://hub.example.org:99999/"),
        ("DIGEST_HUB", "https://hub.example.org/a b"),
        ("DIGEST_HUB", 'https://hub.example.org/>; rel="x"'),
        ("DIGEST_HUB", "https://me:secret@hub.example.org/"),
        ("DIGEST_BASE_URL", "ftp://example.org"),
        ("DIGEST_BASE_URL", "https://example.org/?a=1"),
        ("DIGEST_PORT", "eighty"),
        ("DIGEST_PORT", "65536"),
        ("DIGEST_STARTTLS", "maybe"),
        ("DIGEST_MAIL", "localhost:25"),
        ("DIGEST_MAIL_FROM", "nobody"),
        ("DIGEST_MAIL_FROM", "Digest <digest@example.org>"),
        ("DIGEST_MAIL_FROM", "@"),
        ("DIGEST_BASE_URL", "http://host:99999"),
        ("DIGEST_BASE_URL", "http://ho st"),
        ("DIGEST_BASE_URL", "https://b\u00fccher.example"),
        ("DIGEST_MAIL", "smtp://user:pa/ss@host"),
        ("DIGEST_MAIL", "smtp:mail.example.org"),
        ("DIGEST_MAIL", "smtp://host:99999"),
        ("DIGEST_BASE_URL", "https://example.org/" + "x" * 300),
        ("DIGEST_SITE_NAME", "x" * 201),
        ("DIGEST_POSTAL", "x" * 1001),
        ("DIGEST_TIMEZONE", "Mars/Phobos"),
        ("DIGEST_PRIORS", "some"),
        ("DIGEST_COMPILED", "yes"),
        ("DIGEST_LEASE", "14"),
        ("DIGEST_LEASE", "3601"),
        ("DIGEST_LEASE", "60s"),
        ("DIGEST_BASEURL", "https://example.org"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_settings({name: value})

    assert error.value.setting == name


def test_the_signing_key_is_made_once_however_many_ask(tmp_path: Path) -> None:
    settings = read_settings({"DIGEST_DATA_DIR": str(tmp_path)})
    found: list[list[str]] = []
    askers = [threading.Thread(target=lambda: found.append(settings.secrets())) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    assert len({tuple(keys) for keys in found}) == 1
    assert len(found[0][0]) > 32
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_several_keys_are_separated_by_commas() -> None:
    old, new = "o" * 40, "n" * 40

    assert read_settings({"DIGEST_SECRET": f"{old}, {new},"}).secrets() == [old, new]


@pytest.mark.parametrize("secret", [",", "short", "x" * 40 + ",short"])
def test_a_key_that_can_be_guessed_is_refused(secret: str) -> None:
    with pytest.raises(ConfigError, match="at least 16"):
        read_settings({"DIGEST_SECRET": secret})


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert read_settings({"DIGEST_PORT": "", "DIGEST_DATA_DIR": " "}) == read_settings({})


def test_links_begin_with_host_and_port_where_nothing_else_is_said() -> None:
    assert read_settings({"DIGEST_PORT": "9000"}).public_url == "http://127.0.0.1:9000"
    assert read_settings({"DIGEST_HOST": "0.0.0.0"}).public_url == "http://127.0.0.1:8321"  # noqa: S104  asked, not bound
    assert read_settings({"DIGEST_HOST": "::1"}).public_url == "http://[::1]:8321"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"DIGEST_METRICS": "yes"}, "loopback, public or off"),
        ({"DIGEST_ADMIN_HEADER": "X User"}, "a header's name"),
        ({"DIGEST_ADMIN_HEADER": "X-Forwarded-User"}, "DIGEST_TRUSTED_PROXIES"),
        ({"DIGEST_TRUSTED_PROXIES": "0", "DIGEST_ADMIN_HEADER": "Remote-User"}, "nobody is to be"),
    ],
)
def test_who_is_believed_and_who_reads_metrics_is_checked(
    variables: dict[str, str], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        read_settings(variables)


def test_mirrors_private_hosts_and_keys_are_read() -> None:
    mirrors = "ArXiv.org=https://mirror.example/arxiv/ one.example:8443=http://10.1.2.3"
    settings = read_settings(
        {
            "DIGEST_MIRRORS": mirrors,
            "DIGEST_PRIVATE_HOSTS": "papers.local 10.1.0.0/16 fd00::/8 ::1",
            "DIGEST_SOURCE_KEYS": "semantic-scholar=a=b",
            "DIGEST_CONTACT": "papers@example.org",
        }
    )
    assert settings.mirror_by_host == {
        "arxiv.org": "https://mirror.example/arxiv",
        "one.example:8443": "http://10.1.2.3",
    }
    assert settings.keys_of_services == {"semantic-scholar": "a=b"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DIGEST_MIRRORS", "https://arxiv.org=https://mirror.example"),
        ("DIGEST_MIRRORS", "arxiv.org"),
        ("DIGEST_MIRRORS", "arxiv.org=mirror.example"),
        ("DIGEST_MIRRORS", "arxiv.org=ftp://mirror.example"),
        ("DIGEST_MIRRORS", "arxiv.org:443=https://mirror.example"),
        ("DIGEST_MIRRORS", "arxiv.org=https://user:word@mirror.example"),
        ("DIGEST_MIRRORS", "arxiv.org=https://mirror.example:99999"),
        ("DIGEST_MIRRORS", "arxiv.org=https://mirror.example/?a=b"),
        ("DIGEST_MIRRORS", "arxiv.org=https://a.example ARXIV.org=https://b.example"),
        ("DIGEST_PRIVATE_HOSTS", "http://papers.local"),
        ("DIGEST_PRIVATE_HOSTS", "papers.local:8080"),
        ("DIGEST_PRIVATE_HOSTS", "10.1.2.3/16"),
        ("DIGEST_PRIVATE_HOSTS", "10.0.0.0/99"),
        ("DIGEST_PRIVATE_HOSTS", "one.local,two.local"),
        ("DIGEST_SOURCE_KEYS", "secret"),
        ("DIGEST_SOURCE_KEYS", "semantic-scholar="),
        ("DIGEST_SOURCE_KEYS", "semantic-scholar=s\u00e9cret"),
        ("DIGEST_SOURCE_KEYS", "semantic-scholar=s\x7fcret"),
        ("DIGEST_CONTACT", "Ann <ann@example.org>"),
        ("DIGEST_CONTACT", "\u00e4nn@example.org"),
    ],
)
def test_a_wrong_setting_of_sources_is_named_and_no_key_is_shown(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match="write") as caught:
        read_settings({variable: value})
    assert caught.value.setting == variable
    assert "cret" not in str(caught.value)
