import pytest

from digest.delivery.address import address_key, normal_address, wire_address
from digest.errors import AddressError


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org",
        "Ada.Lovelace+digest@Example.ORG",
        "o'brien@example.org",
        "reader@example.test",
        "reader@localhost.test",
        "reader@test",
        "ada@bücher.example.org",
    ],
)
def test_an_address_is_kept_as_it_was_typed_but_trimmed(address: str) -> None:
    assert normal_address(f"  {address}\t\n") == address


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "such as ada@example.org"),
        ("   ", "such as ada@example.org"),
        ("ada", "@-sign"),
        ("ada@", "@"),
        ("@example.org", "@"),
        ("ada@example", "period"),
        ("ada@localhost", "period"),
        ("ada@[127.0.0.1]", "bracket"),
        ("ada@example.org\r\nBcc: all@example.org", "a line break"),
        ("ada@example.org\nx", "a line break"),
        ("ada@example.org,bob@example.org", "a comma"),
        ("ada@example.org;bob@example.org", "a semicolon"),
        ('"ada l"@example.org', "a quotation mark"),
        ("Ada <ada@example.org>", "display name"),
        ("ада@example.org", "nternationalized"),
        ("a" * 60 + "@" + "b" * 60 + "." + "c" * 60 + "." + "d" * 60 + "." + "e" * 20, "254"),
        ("ada@example.org\0", "invalid characters"),
        ("a da@example.org", "invalid characters"),
    ],
)
def test_what_is_no_plain_address_is_refused_with_a_sentence(typed: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason) as refused:
        normal_address(typed)
    assert str(refused.value).endswith(".")


def test_two_spellings_of_one_address_have_one_key() -> None:
    assert address_key("Ada@Example.ORG") == address_key("ada@example.org") == "ada@example.org"
    assert address_key("ada@BÜCHER.example") == address_key("Ada@xn--bcher-kva.example")


def test_tags_and_dots_are_different_keys() -> None:
    assert len({address_key(f"{local}@example.org") for local in ("ada", "a.da", "ada+x")}) == 3


def test_on_the_wire_the_domain_is_ascii() -> None:
    assert wire_address("Ada@bücher.example") == "Ada@xn--bcher-kva.example"
    assert wire_address("Ada@Example.org") == "Ada@Example.org"
