"""A page that shows mails shows them as they are, in every theme, and runs nothing of them."""

import re

import pytest
from lxml import html as lxml_html

from digest.rendering.gallery import Exhibit, render_gallery, themed, unstyled
from tests.rendering import samples


def exhibit(html: str, **changes: str) -> Exhibit:
    text = {"name": "usual", "shows": "a day", "subject": "8 papers", "text": "8 PAPERS", **changes}
    return Exhibit(html=html, raw_size=12_345, html_size=6789, is_long=True, **text)


def digest() -> str:
    return samples.renderer().digest(samples.edition()).html


@pytest.mark.parametrize(("is_dark", "rule"), [(True, "@media all {"), (False, "@media not all {")])
def test_a_theme_holds_whatever_the_viewer_prefers(rule: str, *, is_dark: bool) -> None:
    html = themed(digest(), is_dark=is_dark)

    assert "prefers-color-scheme" not in html
    assert html.count(rule) == 1
    assert f'name="color-scheme" content="{"dark" if is_dark else "light"}"' in html
    body = digest().partition("<body")[2]
    assert html.endswith(body)


def test_a_mail_without_css_keeps_its_words_and_nothing_of_its_looks() -> None:
    title = """a style="color: red" of <style>its</style> own"""
    html = samples.renderer().digest(samples.edition([samples.paper(1, title=title)])).html
    plain = lxml_html.fromstring(unstyled(html))

    assert plain.xpath("//style | //*[@style] | //*[@bgcolor]") == []
    assert title in plain.text_content()


def test_each_mail_is_shown_narrow_and_wide_by_day_and_by_night() -> None:
    tree = lxml_html.fromstring(render_gallery("Paper Digest", [exhibit(digest())]))
    frames = tree.xpath("//iframe")

    assert [each.get("width") for each in frames] == ["320", "320", "640", "640", "640"]
    assert [each.get("sandbox") for each in frames] == [""] * 5
    assert len({each.get("srcdoc") for each in frames}) == 3
    assert tree.xpath("//pre")[0].text_content() == "8 PAPERS"
    assert "12,345 bytes in all, 6,789 of HTML" in tree.text_content()


def test_nothing_a_mail_says_leaves_its_frame() -> None:
    harm = '"><script>alert(1)</script><img src=x onerror=alert(2)></iframe></pre>'
    page = render_gallery(harm, [exhibit(harm, shows=harm, subject=harm, text=harm)])
    tree = lxml_html.fromstring(page)

    assert tree.xpath("//script | //img | //link") == []
    assert not [name for each in tree.iter() for name in each.attrib if name.startswith("on")]
    assert tree.xpath("//pre")[0].text_content() == harm
    assert tree.xpath("//iframe")[0].get("srcdoc") == harm
    assert re.search(r"default-src 'none'", page)
