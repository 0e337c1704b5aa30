"""What mails say in each language: sentences out of gettext's catalogues, dates and numbers.

A catalogue is `templates/locale/*/LC_MESSAGES/digest.po`, read once a process as it is: there is
nothing to compile, and nothing compiled that could be older than its source. Where it has no
translation, what the code says in English stands. Babel names days and writes numbers; it is slow,
and a site writes of a few days only, so that what it said is remembered.
"""

from datetime import date
from functools import cache, lru_cache
from gettext import c2py

from babel import Locale
from babel.dates import format_date, get_day_names
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from digest.model.languages import DEFAULT_LANGUAGE, known_language
from digest.resources import resource_folder

_REMEMBERED = 4096
_ENGLISH_FORMS = "(n != 1)"

_Strings = dict[tuple[str, str], tuple[str, ...]]


class Language:
    """One language: the same message always gives the same words."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._locale = Locale.parse(code)
        self._strings, forms = _catalogue(code)
        self._form = c2py(forms)
        self._dated = lru_cache(_REMEMBERED)(self._date)
        self.number = lru_cache(_REMEMBERED)(self._number)
        self.form = lru_cache(_REMEMBERED)(self._form)

    def gettext(self, message: str, **values: str) -> str:
        """Return a message with its values filled in."""
        return self.pgettext("", message, **values)

    def pgettext(self, context: str, message: str, **values: str) -> str:
        """Return a message that means one thing here and another elsewhere."""
        return self._strings.get((context, message), (message,))[0] % values

    def ngettext(self, one: str, many: str, number: int, **values: str) -> str:
        """Return the form of a message that goes with a number; `values` say the number itself."""
        return self.npgettext("", one, many, number, **values)

    def npgettext(self, context: str, one: str, many: str, number: int, **values: str) -> str:
        """Return the form of such a message that goes with a number."""
        strings = self._strings.get((context, one), (one, many))
        return strings[self.form(number)] % values

    def forms(self, one: str, many: str | None) -> tuple[str, ...]:
        """Return a message in all its forms, to be filled in later; `form` says which goes where."""
        return self._strings.get(("", one), (one,) if many is None else (one, many))

    def weekday(self, number: int) -> str:
        """Return the name of a weekday, counted from Monday = 0."""
        return str(get_day_names("wide", "format", self._locale)[number])

    def day(self, value: date) -> str:
        """Return a date, or that of a moment where it is, as `Tuesday 17 March 2026`."""
        pattern = self.pgettext("pattern of a date (CLDR)", "EEEE d MMMM y")
        return self._dated(value.year, value.month, value.day, pattern)

    def day_month(self, value: date) -> str:
        """Return such a date as `17 March`."""
        pattern = self.pgettext("pattern of a date (CLDR)", "d MMMM")
        return self._dated(value.year, value.month, value.day, pattern)

    def _date(self, year: int, month: int, day: int, pattern: str) -> str:
        # Of a moment itself, two zones would remember one date: it is equal in both.
        return format_date(date(year, month, day), pattern, self._locale)

    def _number(self, value: int) -> str:
        """Return a number as `1,234`."""
        return format_decimal(value, locale=self._locale)


def language(code: str) -> Language:
    """Return a language by its code; English where mails are not written in that one."""
    return _language(known_language(code))


@cache
def _language(code: str) -> Language:
    return Language(code)


def _catalogue(code: str) -> tuple[_Strings, str]:
    """Return what is translated into a language, and which of its forms goes with which number."""
    if code == DEFAULT_LANGUAGE:
        return {}, _ENGLISH_FORMS
    path = resource_folder("templates") / "locale" / code / "LC_MESSAGES" / "digest.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale=code, abort_invalid=True)
    strings: _Strings = {}
    for message in catalogue:
        key, said = message.id, message.string
        key = key if isinstance(key, str) else key[0]
        words = (said,) if isinstance(said, str) else tuple(said or ("",))
        if key and not message.fuzzy and all(words):
            strings[message.context or "", key] = words
    return strings, catalogue.plural_expr


ENGLISH = language(DEFAULT_LANGUAGE)
