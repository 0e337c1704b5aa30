"""What these tests see of a browser: scripts off, and whatever it says, asks for or keeps."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.place import Place
from tests.e2e.visiting import visiting

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

_SCRIPT = "<p>still</p><script>document.querySelector('p').textContent = 'moved'</script>"


@pytest.mark.parametrize(("has_scripts", "words"), [(False, "still"), (True, "moved")])
def test_scripts_run_only_where_they_are_wanted(
    browser: Browser, place: Place, *, has_scripts: bool, words: str
) -> None:
    with visiting(browser, place, has_scripts=has_scripts) as page:
        page.set_content(_SCRIPT)
        assert page.locator("p").inner_text() == words


@pytest.mark.parametrize(
    "body",
    [
        "<img src='http://127.0.0.1:9/one.png'>",
        "<script>console.error('no')</script>",
        "<script>throw new Error('no')</script>",
    ],
)
def test_what_a_page_should_not_do_is_found(browser: Browser, place: Place, body: str) -> None:
    with pytest.raises(AssertionError), visiting(browser, place, has_scripts=True) as page:
        page.set_content(body)


def test_a_cookie_that_nobody_expects_is_found(browser: Browser, place: Place) -> None:
    with pytest.raises(AssertionError), visiting(browser, place) as page:
        page.context.add_cookies([{"name": "tracker", "value": "1", "url": place.home}])
