"""How templates are found, compiled and helped: one environment for mails, one for pages."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import (
    BaseLoader,
    BytecodeCache,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    select_autoescape,
)
from jinja2 import TemplateError as JinjaError
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from digest.errors import TemplateError
from digest.model.digests import Reason
from digest.rendering.flatten import flatten
from digest.rendering.inline import inline_css
from digest.rendering.languages import ENGLISH, Language
from digest.rendering.marks import Piece, pieces
from digest.rendering.reasons import manner
from digest.rendering.remembering import Remembering, in_pieces
from digest.rendering.sentences import translated
from digest.resources import resource_folder
from digest.text import clip

if TYPE_CHECKING:
    from types import CodeType

TEXT_WIDTH = 72
_WHOLE = 10_000
# The texts of a day's papers, in all their lengths.
_WRAPPED = 8192
# What a template of an operator's raises that asks for what cannot be done.
_BROKEN = (JinjaError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

Inliner = Callable[[str, str], str]

# Pages and feeds are in English, whatever the locale of the process.
day = ENGLISH.day
day_month = ENGLISH.day_month
weekday = ENGLISH.weekday


def email_environment(
    override: Path | None = None, language: Language = ENGLISH, *, inliner: Inliner = inline_css
) -> Environment:
    """Return the environment of mails in a language.

    When it is compiled, a template's sentences are translated, and its HTML has its CSS inlined.
    """
    loader = _MailLoader(_files(override), language, inliner)
    environment = _environment(loader, language)
    environment.globals["language"] = language.code
    # One source is made of many files, and jinja would watch but one of them.
    environment.auto_reload = False
    environment.bytecode_cache = _MAILS[language.code]
    return environment


def web_environment(override: Path | None = None) -> Environment:
    """Return the environment of pages."""
    environment = _environment(_files(override), ENGLISH)
    environment.bytecode_cache = _PAGES
    return environment


def compiled(environment: Environment, name: str) -> Template:
    """Return a template, compiled at the first call; raises TemplateError if it cannot be."""
    try:
        return environment.get_template(name)
    except JinjaError as error:
        raise TemplateError(f"{name}: {type(error).__name__}: {error}") from error


def render(environment: Environment, name: str, context: Mapping[str, object]) -> str:
    """Return what a template says of a context; raises TemplateError where it asks for more."""
    try:
        return "".join(_chunks(environment, name, context))
    except _BROKEN as error:
        raise TemplateError(f"{name}: {type(error).__name__}: {error}") from error


def render_pieces(
    environment: Environment, name: str, context: dict[str, object]
) -> tuple[str, ...]:
    """Return what `render` would, in pieces that are whole lines."""
    try:
        return in_pieces(_chunks(environment, name, context))
    except _BROKEN as error:  # a TypeError also of a remembered block in a {% set %}
        raise TemplateError(f"{name}: {type(error).__name__}: {error}") from error


def _chunks(environment: Environment, name: str, context: Mapping[str, object]) -> Iterator[str]:
    template = compiled(environment, name)
    # Left to itself, jinja walks a chain of the same globals once a mail.
    known = {**environment.globals, **context}
    return template.root_render_func(template.new_context(known, shared=True))


def plural(number: int, noun: str) -> str:
    """Return a number with its English noun: `1 paper`, `1,200 papers`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def upfirst(text: str) -> str:
    """Return text with a capital first letter, and all others as they are."""
    return text[:1].upper() + text[1:]


def marked(reason: Reason, length: int = _WHOLE) -> Markup:
    """Return a reason's sentence as HTML, escaped, with what matched in `<mark>`."""
    return Markup("").join(
        Markup("<mark>{}</mark>").format(piece.text) if piece.is_match else escape(piece.text)
        for piece in pieces(reason, length)
    )


def starred(sentence: Sequence[Piece]) -> str:
    """Return pieces as plain text with what matched between asterisks."""
    return "".join(f"*{piece.text}*" if piece.is_match else piece.text for piece in sentence)


@lru_cache(maxsize=_WRAPPED)
def wrap(text: str, indent: int = 0) -> str:
    """Return text in lines of at most 72 columns; only an address may be longer."""
    width = TEXT_WIDTH - indent
    lines: list[str] = []
    line = ""
    for word in text.split():
        for part in (word,) if len(word) <= width else _parts(word, width):
            if not line:
                line = part
            elif len(line) + len(part) < width:
                line += f" {part}"
            else:
                lines.append(line)
                line = part
    margin = " " * indent
    return "\n".join([margin + each for each in (*lines, line)])


def _parts(word: str, width: int) -> list[str]:
    if "://" in word:
        return [word]
    return [word[at : at + width] for at in range(0, len(word), width)]


class _MailLoader(BaseLoader):
    """Gives templates in a language, those of HTML as one source with inlined CSS."""

    def __init__(self, files: BaseLoader, language: Language, inliner: Inliner) -> None:
        self._files = files
        self._language = language
        self._inliner = inliner

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        def said(name: str) -> str:
            return translated(self._files.get_source(environment, name)[0], self._language, name)

        _, filename, is_current = self._files.get_source(environment, template)
        if not template.endswith(".html"):
            return said(template), filename, is_current
        # No file name: the lines of the result are not those of the file.
        return self._inliner(flatten(template, said), template), None, is_current


class _Compiled(BytecodeCache):
    """What templates were compiled to, for every site of this process: each test has its own."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._known[bucket.key, bucket.checksum] = bucket.code


_PAGES = _Compiled()
# By language: what is constant in a template is already written in it when that is compiled.
_MAILS: dict[str, _Compiled] = defaultdict(_Compiled)


class _OwnFiles(FileSystemLoader):
    """Gives an operator's templates."""

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        try:
            return super().get_source(environment, template)
        except (UnicodeDecodeError, PermissionError) as error:
            raise TemplateError(f"{template} cannot be read: {error}") from error


def _files(override: Path | None) -> BaseLoader:
    ours = FileSystemLoader(resource_folder("templates"))
    return ChoiceLoader([_OwnFiles(override), ours]) if override else ours


def _environment(loader: BaseLoader, language: Language) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=select_autoescape(["html", "xml"], default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=[Remembering],
    )
    environment.filters.update(
        clip=clip,
        day=language.day,
        day_month=language.day_month,
        form=language.form,
        manner=manner,
        marked=marked,
        number=language.number,
        pieces=pieces,
        plural=plural,
        starred=starred,
        upfirst=upfirst,
        weekday=language.weekday,
        wrap=wrap,
    )
    return environment
