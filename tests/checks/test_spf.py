"""SPF worked out on a table of names, and what the doctor says of it."""

import pytest

from digest.checks.findings import Finding, Level
from digest.checks.identity import Origin
from digest.checks.spf import Spf, evaluate
from digest.checks.spf_finding import check_spf
from tests.checks.zone import Zone

OURS = "203.0.113.5"
SURE = Origin((OURS,), is_sure=True)


def zone(record: str, **others: dict[str, list[str]]) -> Zone:
    known = {name.replace("_", "."): kinds for name, kinds in others.items()}
    return Zone({"example.org": {"TXT": ["other text", record]}, **known})


def finding(record: str, origin: Origin, **others: dict[str, list[str]]) -> Finding:
    return check_spf("example.org", origin, zone(record, **others))


@pytest.mark.parametrize(
    ("record", "address", "result"),
    [
        ("v=spf1 ip4:203.0.113.5 -all", OURS, Spf.PASS),
        ("v=spf1 ip4:203.0.113.0/24 -all", OURS, Spf.PASS),
        ("v=spf1 ip4:203.0.113.0/30 -all", OURS, Spf.FAIL),
        ("v=spf1 ip6:2001:db8::/32 ~all", "2001:db8::7", Spf.PASS),
        ("v=spf1 ip6:2001:db8::/32 ~all", OURS, Spf.SOFTFAIL),
        ("v=spf1 -ip4:203.0.113.5 +all", OURS, Spf.FAIL),
        ("V=SPF1 A:mail.example.org -ALL", OURS, Spf.PASS),
        ("v=spf1 a:mail.example.org/24//64 -all", "203.0.113.77", Spf.PASS),
        ("v=spf1 a:mail.example.org/24//64 -all", "2001:db8::99", Spf.PASS),
        ("v=spf1 a -all", OURS, Spf.FAIL),
        ("v=spf1 mx -all", OURS, Spf.PASS),
        ("v=spf1 mx:elsewhere.example -all", OURS, Spf.FAIL),
        ("v=spf1 include:open.example -all", OURS, Spf.PASS),
        ("v=spf1 include:closed.example ?all", OURS, Spf.NEUTRAL),
        ("v=spf1 redirect=open.example", OURS, Spf.PASS),
        ("v=spf1 redirect=closed.example", OURS, Spf.FAIL),
        ("v=spf1 ptr:example.org -all", OURS, Spf.PASS),
        ("v=spf1 exists:mail.example.org -all", OURS, Spf.PASS),
        ("v=spf1 exp=why.example.org unknown=1 -all", OURS, Spf.FAIL),
        ("v=spf1", OURS, Spf.NEUTRAL),
        ("v=spf1 include:none.example -all", OURS, Spf.PERMERROR),
        ("v=spf1 redirect=none.example", OURS, Spf.PERMERROR),
        ("v=spf1 include:example.org -all", OURS, Spf.PERMERROR),
        ("v=spf1 ip4:203.0.113.500 -all", OURS, Spf.PERMERROR),
        ("v=spf1 ipv4:203.0.113.5 -all", OURS, Spf.PERMERROR),
        ("v=spf1 a:n1.example a:n2.example a:n3.example -all", OURS, Spf.PERMERROR),
        ("v=spf1 include:silent.example -all", OURS, Spf.TEMPERROR),
        ("v=spf1 exists:%{i}.list.example -all", OURS, Spf.ODD),
    ],
)
def test_a_record_gives_an_address_what_a_receiver_would(
    record: str, address: str, result: Spf
) -> None:
    names = zone(
        record,
        example_org={"TXT": [record], "MX": ["", "mail.example.org"], "A": ["192.0.2.80"]},
        mail_example_org={"A": [OURS, "2001:db8::5"]},
        open_example={"TXT": ["v=spf1 ip4:203.0.113.0/24 -all"]},
        closed_example={"TXT": ["v=spf1 -all"]},
        silent_example={"PROBLEM": ["no answer"]},
    )
    names = Zone({**names._records, OURS: {"PTR": ["mail.example.org"]}})  # noqa: SLF001 - one more
    assert evaluate("example.org", address, names).result is result


def test_a_record_that_covers_us_and_refuses_others_is_good() -> None:
    found = finding(
        "v=spf1 ip4:203.0.113.5 include:x.example -all", SURE, x_example={"TXT": ["v=spf1"]}
    )
    assert found.level is Level.GOOD
    assert "covers 203.0.113.5" in found.says
    assert "1 look-ups of 10" in found.says


def test_a_missing_record_is_given_to_publish() -> None:
    found = check_spf("example.org", Origin((OURS, "2001:db8::5"), is_sure=True), Zone({}))
    assert found.level is Level.BAD
    record = '"v=spf1 ip4:203.0.113.5 ip6:2001:db8::5 -all"'
    assert found.says.endswith(f"publish at example.org the TXT record {record}")


def test_a_relay_whose_address_is_not_known_is_named_in_the_record_to_publish() -> None:
    found = check_spf("example.org", Origin(hosts=("relay.example",)), Zone({}))
    assert '"v=spf1 a:relay.example -all"' in found.says


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ("v=spf1 ip4:198.51.100.1 -all", "does not cover 203.0.113.5 (fail); put ip4:203.0.113.5"),
        ("v=spf1 +all", "lets everybody send"),
        ("v=spf1 ip4:203.0.113.5 ?all", "says nothing of strangers"),
        ("v=spf1 ip4:203.0.113.5", "end it with ~all, or with -all"),
        ("v=spf1 ip4:203.0.113.5 -all y", "'y' in the record of example.org means nothing"),
        ("v=spf1 include:none.example -all", "include:none.example leads to no SPF record"),
        ("v=spf1 include:wide.example -all", "lets everybody send"),
    ],
)
def test_each_fault_of_a_record_has_its_sentence(record: str, says: str) -> None:
    found = finding(record, SURE, wide_example={"TXT": ["v=spf1 +all"]})
    assert found.level is Level.BAD
    assert says in found.says


def test_more_than_ten_look_ups_are_too_many_even_after_the_one_that_covers_us() -> None:
    includes = " ".join(f"include:n{number}.example" for number in range(11))
    names = {f"n{number}_example": {"TXT": ["v=spf1 -all"]} for number in range(11)}
    found = finding(f"v=spf1 ip4:{OURS} {includes} -all", SURE, **names)
    assert found.level is Level.BAD
    assert "more than 10 look-ups" in found.says


def test_two_records_count_as_none() -> None:
    names = Zone({"example.org": {"TXT": ["v=spf1 -all", "v=spf1 +all"]}})
    found = check_spf("example.org", SURE, names)
    assert "has 2 SPF records, which counts as none" in found.says


@pytest.mark.parametrize(
    ("record", "origin"),
    [
        ("v=spf1 ip4:198.51.100.1 -all", Origin((OURS,))),  # the relay may send from elsewhere
        ("v=spf1 ip4:198.51.100.1 -all", Origin()),
        ("v=spf1 include:silent.example -all", SURE),
        ("v=spf1 exists:%{i}.list.example -all", SURE),
    ],
)
def test_what_cannot_be_known_from_here_is_no_fault(record: str, origin: Origin) -> None:
    found = finding(record, origin, silent_example={"PROBLEM": ["no answer"]})
    assert found.level is Level.UNKNOWN


def test_a_domain_that_cannot_be_asked_for_is_no_fault() -> None:
    found = check_spf("example.org", SURE, Zone({"example.org": {"PROBLEM": ["no answer in 3 s"]}}))
    assert found.level is Level.UNKNOWN
    assert "no answer in 3 s" in found.says
