"""Which services papers come from: a line for each kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from digest.errors import ConfigError
from digest.sources.base import Source
from digest.sources.http import Client

SETTING = "DIGEST_SOURCES"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of source: how one is opened, and how it is written in the settings.

    `open` is given what follows the colon, "" if nothing does, the client and the keys of services
    by their names; it raises ValueError with a sentence for what cannot be.
    """

    open: Callable[[str, Client, Mapping[str, str]], Source]
    example: str
    sentence: str


KINDS: dict[str, Kind] = {}


def open_sources(
    words: Sequence[str], client: Client, keys: Mapping[str, str] | None = None
) -> list[Source]:
    """Return the sources of a setting, such as `huggingface arxiv:cs.CL+cs.LG`, in its order.

    Asks none of them yet. Raises ConfigError for a kind that does not exist, for what it cannot be
    told, and for the same source twice.
    """
    opened: dict[str, Source] = {}
    for word in words:
        kind, _, argument = word.partition(":")
        if kind not in KINDS:
            known = ", ".join(sorted(KINDS))
            raise ConfigError(SETTING, f"there is no source {kind!r}; there are {known}")
        try:
            source = KINDS[kind].open(argument, client, keys or {})
        except ValueError as error:
            hint = f"{word!r}: {error}; write it as {KINDS[kind].example}"
            raise ConfigError(SETTING, hint) from error
        if source.name in opened:
            raise ConfigError(SETTING, f"{word!r} is there twice")
        opened[source.name] = source
    return list(opened.values())
