"""Blocks of a template that are written once for what they show, and then only put in place.

`{% remembered card in cards %} ... {% endremembered %}` is a loop whose body is rendered once a
card, in whoever's mail it stands first: most readers get papers that others got for the same
reasons. So that this can never tell one reader what belongs to another, the body may use nothing
but the card and what is the same in every mail; anything else is refused when the template is
compiled.

Within such a block another may stand, about less: what a card says of its paper is the same for
whatever reasons it is shown, and is written once for all the cards that hold it.
"""

import itertools
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol, final

from jinja2 import Environment, TemplateRuntimeError, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension
from jinja2.meta import find_undeclared_variables
from jinja2.parser import Parser

from digest.model.mails import Shared

# What is the same in every mail of a site.
SITE_NAMES = frozenset({"site_name", "home_url", "postal"})
# By these a body would reach what stands elsewhere, and is about a reader.
_ELSEWHERE = frozenset({"self", "super", "caller"})
_INCLUDES = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Block)
# Clipped titles are shorter, and so is every line about a reader.
_LONG = 400
_SHARED = frozenset({Shared})
# Every compiled block has a number of its own: two may stand on one line.
_numbers = itertools.count(1)
# So has every environment: two may have one compiled template, and a site's name is in what they write.
_environments = itertools.count(1)
_BLOCKS = 1 << 32
# Where a block stands within another; nobody can write that into a title.
_TOKEN = secrets.token_hex(8)
_MARK = f"\0{_TOKEN} %d\0"
_MARKED = re.compile(f"\0{_TOKEN} ([0-9]+)\0")
# The blocks that stand within the one that this thread is writing.
_open = threading.local()


class Remembers(Protocol):
    """What a remembered block can be about: it keeps what was written of it."""

    @property
    def written(self) -> dict[int, tuple[str, ...]]:
        """Return the pieces that were written, by the number of the block; it is added to."""


@final
class Blocks(tuple[str, ...]):
    """What a tag gives: text would be a copy of nearly all of a mail."""

    __slots__ = ()


class _Checked(CodeGenerator):
    """Compiles templates that leave alone what is the same in every mail."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802  jinja's
        """Compile a template, or fail if a remembered block could show what it has assigned."""
        for name, line in _assigned(node):
            if name in SITE_NAMES:
                self.fail(f"{name} is the same in every mail and cannot be assigned", line)
        super().visit_Template(node, frame)


def _assigned(template: nodes.Template) -> Iterator[tuple[str, int]]:
    """Give the names that a template assigns, in whatever way, with their lines."""
    for name in template.find_all(nodes.Name):
        if name.ctx != "load":
            yield name.name, name.lineno
    for macro in template.find_all(nodes.Macro):
        yield macro.name, macro.lineno
    for whole in template.find_all(nodes.Import):
        yield whole.target, whole.lineno
    for parts in template.find_all(nodes.FromImport):
        for each in parts.names:
            yield each if isinstance(each, str) else each[1], parts.lineno


class Remembering(Extension):
    """The tag for jinja."""

    tags = {"remembered"}  # noqa: RUF012  jinja declares it

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.code_generator_class = _Checked
        self._first = next(_environments) * _BLOCKS

    def parse(self, parser: Parser) -> nodes.Node:
        """Return the loop of a tag, or fail if its body shows more than its items."""
        tag = next(parser.stream)
        name = parser.stream.expect("name").value
        parser.stream.expect("name:in")
        items = parser.parse_expression()
        body = parser.parse_statements(("name:endremembered",), drop_needle=True)
        if strays := self._used(body) - {name} - SITE_NAMES:
            used = ", ".join(sorted(strays))
            parser.fail(f"a remembered block cannot use {used}: others read it too", tag.lineno)
        call = self.call_method("_written", [items, nodes.Const(next(_numbers))])
        block = nodes.CallBlock(call, [nodes.Name(name, "param")], [], body)
        return block.set_lineno(tag.lineno)

    def _used(self, body: list[nodes.Node]) -> set[str]:
        whole = nodes.Template(body, lineno=1)
        whole.set_environment(self.environment)
        if next(whole.find_all(_INCLUDES), None):
            return {"what it includes"}
        names = {name.name for name in whole.find_all(nodes.Name)}
        return find_undeclared_variables(whole) | (names & _ELSEWHERE)

    def _written(
        self, items: Sequence[Remembers], block: int, caller: Callable[[Remembers], str]
    ) -> Blocks | str:
        blocks: list[str] = []
        block += self._first
        for item in items:
            try:
                known = item.written.get(block)
            except AttributeError as error:
                message = f"{type(item).__name__} cannot be remembered; write for, not remembered"
                raise TemplateRuntimeError(message) from error
            if known is None:
                known = item.written[block] = _write(item, caller)
            blocks += known
        within: list[str] | None = getattr(_open, "within", None)
        if within is None:
            return Blocks(blocks)
        within += blocks
        return "".join(_MARK % number for number in range(len(within) - len(blocks), len(within)))


def _write(item: Remembers, caller: Callable[[Remembers], str]) -> tuple[str, ...]:
    """Return what a block says of an item, with the blocks within it as pieces of their own."""
    outer = getattr(_open, "within", None)
    within: list[str] = []
    _open.within = within
    try:
        text = caller(item)
    finally:
        _open.within = outer
    parts = _MARKED.split(text)
    parts[1::2] = [within[int(number)] for number in parts[1::2]]
    parts = [part for part in parts if part]
    if all(part.endswith("\n") for part in parts):
        return tuple(part if isinstance(part, Shared) else Shared(part) for part in parts)
    whole = "".join(parts)
    return (Shared(whole) if whole.endswith("\n") else whole,)


def in_pieces(chunks: Iterable[str | Blocks]) -> tuple[str, ...]:
    """Return what a template gave, what it gives to others as well in pieces of its own.

    All pieces are whole lines, but for the last; a block that is not is no piece of its own.
    """
    pieces: list[str] = []
    own: list[str] = []
    for chunk in chunks:
        if type(chunk) is Blocks:
            before = "".join(own)
            if _SHARED.issuperset(map(type, chunk)) and (not before or before.endswith("\n")):
                pieces += (before, *chunk)
                own = []
            else:
                own = [before, *chunk]
        # Nobody's own words are that long: it is the template's, the same object each time.
        elif len(chunk) >= _LONG and "\n" in chunk:
            first, lines, last = _whole_lines(chunk)
            pieces += ("".join(own) + first, *lines)
            own = [last] if last else []
        else:
            own.append(chunk)
    pieces.append("".join(own))
    return tuple(filter(None, pieces))


@lru_cache(maxsize=256)
def _whole_lines(text: str) -> tuple[str, tuple[Shared, ...], str]:
    """Return a text up to its first line end, the whole lines after that, and what is left."""
    start, end = text.find("\n") + 1, text.rfind("\n") + 1
    return text[:start], (Shared(text[start:end]),) if start < end else (), text[end:]
