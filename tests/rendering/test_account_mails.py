"""The words of greeting and of parting: what is promised in them holds."""

import re
from datetime import time, timedelta
from zoneinfo import ZoneInfo

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


def sign_in(**changes: object) -> RenderedMail:
    return samples.renderer().sign_in(samples.subscriber(**changes), 7, samples.MORNING)


def move(**changes: object) -> RenderedMail:
    return samples.renderer().move(samples.subscriber(**changes), 7, samples.MORNING)


def moved(**changes: object) -> RenderedMail:
    return samples.renderer().moved(samples.subscriber(**changes), samples.MORNING)


def words(part: str) -> str:
    return " ".join(part.split())


@pytest.mark.parametrize(
    "mail",
    [welcome(), goodbye(), sign_in(), move(), moved()],
    ids=["welcome", "goodbye", "sign-in", "move", "moved"],
)
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


def test_a_welcome_in_a_pause_tells_when_the_first_digest_comes() -> None:
    until = samples.MORNING + timedelta(days=20)
    paused = samples.subscriber(paused_until=until)
    now = samples.renderer().welcome(samples.subscriber(), samples.MORNING).text
    then = samples.renderer().welcome(paused, samples.MORNING).text
    assert "18 March 2026" in now
    assert "18 March 2026" not in then
    assert "April 2026" in then


def test_a_sign_in_mail_says_by_the_readers_clock_when_it_was_asked_for() -> None:
    mail = sign_in()
    link = samples.links().sign_in(7, samples.MORNING)
    assert hrefs(mail.html) == {samples.links().home(), link}
    at = samples.MORNING.astimezone(ZoneInfo("Europe/Berlin"))
    assert f"asked at {at:%H:%M} (Europe/Berlin)" in words(mail.text)


def test_a_mail_to_a_new_address_says_nothing_of_who_asks() -> None:
    """A typing error must not tell a stranger who reads here, and of what."""
    mail = move()
    assert hrefs(mail.html) == {samples.links().home(), samples.links().move(7, samples.MORNING)}
    for part in (mail.text, mail.html):
        assert samples.subscriber().address not in part
        assert "graph neural networks" not in part


def test_the_last_mail_to_an_old_address_can_stop_all_and_does_not_tell_the_new_one() -> None:
    mail = moved()
    reader = samples.subscriber()
    stops = samples.links().unsubscribe_only(reader)
    assert stops != samples.links().unsubscribe(reader)
    assert hrefs(mail.html) == {samples.links().home(), stops}
    assert samples.subscriber().address not in mail.text
    assert "Tuesday 17 March 2026" in mail.text
