"""The sentences of a template, from `{% trans %}` to `{% endtrans %}`, in another language.

They are translated in the template's source, before styles are written into it and before it is
compiled. So a translator gets a sentence whole, with the link that stands in it; the link of the
translation gets its style as any other; and a mail that is rendered looks nothing up.

What stands between the tags is as in jinja's own extension: text and names, `{{ count }}`, whose
values the tag may give (`{% trans n=papers, count=papers|number %}`); what is said of more than one
follows `{% pluralize %}`, and the first value is the number. White space may be broken anywhere.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from digest.errors import TemplateError
from digest.model.languages import DEFAULT_LANGUAGE
from digest.rendering.languages import Language

_SENTENCE = re.compile(
    r"\{%(?P<open>[-+]?)\s*trans\b(?P<values>.*?)%\}(?P<one>.*?)"
    r"(?:\{%\s*pluralize\s*%\}(?P<many>.*?))?\{%\s*endtrans\s*(?P<close>[-+]?)%\}",
    re.DOTALL,
)
_NAME = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_PLACE = re.compile(r"%\((\w+)\)s")
_FIRST = re.compile(r"\s*(\w+)\s*=")
_TAG = re.compile(r"\{[{%#]")
# What a mail quotes of papers is English whatever the mail is; who reads it out should know.
_IN_ENGLISH = re.compile(r"\s*\{\{\s*in_english\s*\}\}")


def translated(source: str, language: Language, name: str) -> str:
    """Return a template's source with its sentences in a language; raises TemplateError.

    ` {{ in_english }}` in an element's tag becomes its `lang`, where all around is not English.
    """
    marked = "" if language.code == DEFAULT_LANGUAGE else f' lang="{DEFAULT_LANGUAGE}"'
    source = _IN_ENGLISH.sub(marked, source)
    return _SENTENCE.sub(lambda found: _in(language, found, name), source)


def extract(
    file: IO[bytes], keywords: Mapping[str, Any], tags: Sequence[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, str | tuple[str, str], list[str]]]:
    """Give the sentences of a template to Babel, which collects them for translators."""
    del keywords, tags, options
    source = file.read().decode("utf-8")
    for found in _SENTENCE.finditer(source):
        line = source.count("\n", 0, found.start()) + 1
        one, many = _message(found["one"], file.name), found["many"]
        if many is None:
            yield line, "gettext", one, []
        else:
            yield line, "ngettext", (one, _message(many, file.name)), []


def _in(language: Language, found: re.Match[str], name: str) -> str:
    """Return the tags that say a sentence, with its values, in the form that its number asks for."""
    bodies = [found["one"]] if found["many"] is None else [found["one"], found["many"]]
    messages = [_message(body, name) for body in bodies]
    forms = language.forms(messages[0], messages[1] if len(messages) > 1 else None)
    if forms == tuple(messages):
        forms = tuple(bodies)  # with white space as it was
    else:
        places = {place for message in messages for place in _PLACE.findall(message)}
        forms = tuple(_outer(bodies[0], _source(form, places, name)) for form in forms)
    values = found["values"].rstrip()
    return "".join(
        (
            f"{{%{found['open']} with{values} %}}",
            _chosen(forms, values, name),
            f"{{% endwith {found['close']}%}}",
        )
    )


def _chosen(forms: Sequence[str], values: str, name: str) -> str:
    if len(set(forms)) == 1:
        return forms[0]
    number = _FIRST.match(values)
    if number is None:
        raise TemplateError(f"{name}: {forms[0][:60]!r} has a plural, and its tag no number")
    tests = (f"{{% elif {number[1]}|form == {at} %}}" for at in range(len(forms)))
    said = "".join(test + form for test, form in zip(tests, forms, strict=True))
    return said.replace("{% elif ", "{% if ", 1) + "{% endif +%}"


def _message(body: str, name: str) -> str:
    """Return a sentence as catalogues have it; raises TemplateError if it holds more than names."""
    message = _NAME.sub(r"%(\1)s", " ".join(body.replace("%", "%%").split()))
    # A doubled sign is not part of a tag.
    if _TAG.search(message.replace("%%", "%")):
        raise TemplateError(f"{name}: {body[:60]!r} is for translators and may hold only names")
    return message


def _source(form: str, places: set[str], name: str) -> str:
    """Return a translation as a template has it; raises TemplateError for what the sentence has not."""
    if _TAG.search(form) or set(_PLACE.findall(form)) - places:
        raise TemplateError(f"{name}: the translation {form[:60]!r} asks for what is not there")
    return _PLACE.sub(r"{{ \1 }}", form).replace("%%", "%")


def _outer(body: str, sentence: str) -> str:
    """Return a sentence with the white space around the one it stands for."""
    start, end = len(body) - len(body.lstrip()), len(body.rstrip())
    return f"{body[:start]}{sentence}{body[end:]}"
