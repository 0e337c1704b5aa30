"""What `digest doctor` says of proxies."""

import pytest

from digest.checks.proxies import check_proxies
from digest.config import Settings


@pytest.mark.parametrize(
    ("base_url", "proxies", "is_good"),
    [
        ("https://digest.example.org", "0", False),
        ("https://digest.example.org", "1", True),
        ("http://digest.lan:8321", "0", True),
        ("", "0", True),
    ],
)
def test_https_without_a_proxy_that_is_counted_is_told(
    base_url: str, proxies: str, *, is_good: bool
) -> None:
    found = check_proxies(Settings(base_url=base_url, trusted_proxies=proxies))
    assert found.is_good is is_good
    assert is_good or "set DIGEST_TRUSTED_PROXIES" in found.says
