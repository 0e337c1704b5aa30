"""Make one source of a template and those it extends and includes, so that CSS sees the whole.

Only what email templates need: plain names, one level of blocks. Anything else is refused with a
sentence rather than rendered without its styles.
"""

import re
from collections.abc import Callable

from digest.errors import TemplateError

_COMMENT = re.compile(r"[ \t]*\{#.*?#\}[ \t]*\n|\{#.*?#\}", re.DOTALL)
_EXTENDS = re.compile(r"\s*\{%-?\s*extends\s+[\"']([^\"']+)[\"']\s*-?%\}")
_INCLUDE = re.compile(r"\{%-?\s*include\s+[\"']([^\"']+)[\"']\s*-?%\}")
_BLOCK = re.compile(
    r"\{%-?\s*block\s+(\w+)\s*-?%\}(.*?)\{%-?\s*endblock(?:\s+\w+)?\s*-?%\}", re.DOTALL
)
_UNRESOLVED = re.compile(
    r"\{%-?\s*(?:extends|include|import|from|block|endblock)\b[^%]*%\}|\bsuper\(\)"
)

Load = Callable[[str], str]


def flatten(name: str, load: Load) -> str:
    """Return the template `name` as one source without inheritance, includes and comments.

    `load` returns the source of a name. Raises TemplateError for what cannot be resolved.
    """
    source = _BLOCK.sub(lambda found: str(found[2]), _flatten(name, load, ()))
    if left := _UNRESOLVED.search(source):
        raise TemplateError(
            f"{name}: {left.group()} cannot be resolved before the styles are inlined; "
            "extend and include by plain names, with blocks that hold no blocks"
        )
    return source


def _flatten(name: str, load: Load, within: tuple[str, ...]) -> str:
    if name in within:
        raise TemplateError(f"{name} includes itself: {' > '.join((*within, name))}")
    within = (*within, name)
    source = _COMMENT.sub("", load(name))
    source = _INCLUDE.sub(lambda found: _flatten(found[1], load, within).rstrip("\n"), source)
    extends = _EXTENDS.match(source)
    if not extends:
        return source
    blocks: dict[str, str] = dict(_BLOCK.findall(source))
    if stray := _BLOCK.sub("", source[extends.end() :]).strip():
        raise TemplateError(f"{name}: {stray[:60]!r} stands outside the blocks of {extends[1]}")
    parent = _flatten(extends[1], load, within)
    if unknown := blocks.keys() - {block for block, _ in _BLOCK.findall(parent)}:
        raise TemplateError(f"{name}: {extends[1]} has no block {', '.join(sorted(unknown))}")
    return _BLOCK.sub(lambda found: _block(found[1], blocks.get(found[1], found[2])), parent)


def _block(name: str, content: str) -> str:
    # Its tags stay for whoever extends this in turn.
    return f"{{% block {name} %}}{content}{{% endblock %}}"
