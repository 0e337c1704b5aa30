"""The words of greeting and of parting: what is promised in them holds."""

import re
from datetime import time, timedelta

import pytest
from lxml import html as lxml_html

from digest.model.subscribers import Cadence, Days, Interest
from digest.rendering.email import RenderedMail
from tests.rendering import samples
from tests.rendering.test_mail import hrefs, text_urls


def welcome(**changes: object) -> RenderedMail:
    return samples.renderer().welcome(samples.subscriber(**changes), samples.MORNING)


def goodbye(**changes: object) -> RenderedMail:
    return samples.renderer().goodbye(samples.subscriber(**changes), samples.MORNING)


def words(part: str) -> str:
    return " ".join(part.split())


@pytest.mark.parametrize("mail", [welcome(), goodbye()], ids=["welcome", "goodbye"])
def test_both_parts_lead_to_the_same_places_and_no_line_is_long(mail: RenderedMail) -> None:
    assert text_urls(mail.text) == hrefs(mail.html)
    lines = mail.text.split("\n")
    assert [line for line in lines if len(line) > 72 and "://" not in line] == []
    assert not any(line != line.rstrip() for line in lines)
    assert "\n\n\n" not in mail.text
    assert len(lxml_html.fromstring(mail.html).xpath("//h1")) == 1


@pytest.mark.parametrize(
    ("cadence", "first"),
    [
        (Cadence(Days.DAILY, time(7), "Europe/Berlin"), "Wednesday 18 March 2026 at 07:00"),
        (Cadence(Days.DAILY, time(20), "Asia/Tokyo"), "Tuesday 17 March 2026 at 20:00"),
        (Cadence(Days.WEEKLY, time(8), "America/New_York", 4), "Friday 20 March 2026 at 08:00"),
    ],
)
def test_a_welcome_says_when_the_first_digest_comes_by_the_readers_clock(
    cadence: Cadence, first: str
) -> None:
    mail = welcome(cadence=cadence)

    assert f"The first digest comes on {first} ({cadence.zone})" in words(mail.text)
    plain = lxml_html.fromstring(mail.html).text_content()
    assert f"The first digest comes on {first} ({cadence.zone})" in words(plain)
    assert mail.subject.endswith(re.findall(r"\d+ March", first)[0])


def test_a_welcome_says_what_was_asked_for_where_to_change_it_and_how_to_leave() -> None:
    mail, links, reader = welcome(), samples.links(), samples.subscriber()

    assert "- graph neural networks" in mail.text
    assert "10 papers at most" in words(mail.text)
    for url in (links.preferences(reader), links.unsubscribe(reader), links.home()):
        assert url in mail.text
    assert "Nothing here is tracked" in mail.html


def test_a_goodbye_leads_home_and_to_nothing_of_the_readers_own() -> None:
    mail = goodbye()

    assert hrefs(mail.html) == {samples.links().home()}
    assert mail.subject == "You are unsubscribed from Paper Digest"
    assert "Tuesday 17 March 2026" in mail.text
    assert samples.subscriber().address not in mail.text


def test_a_goodbye_is_dated_by_the_readers_clock() -> None:
    late = samples.MORNING + timedelta(hours=17, minutes=30)
    mail = samples.renderer().goodbye(samples.subscriber(), late)
    assert "Wednesday 18 March 2026" in mail.text


def test_who_subscribed_late_is_told_the_day_by_their_clock() -> None:
    late = samples.MORNING + timedelta(hours=17, minutes=30)
    mail = samples.renderer().confirm(samples.subscriber(), late)
    assert "asked on Wednesday 18 March 2026" in words(mail.text)


def test_interests_that_mean_harm_are_text_in_a_welcome() -> None:
    mail = welcome(interests=(Interest('"<script>alert(1)</script> {{ 7 * 7 }}"'),))

    assert "<script" not in mail.html
    assert "{{ 7 * 7 }}" in lxml_html.fromstring(mail.html).text_content()
