"""Whether parameters and bodies are as an endpoint says, with a sentence and a place if not."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from digest.web.api.endpoint import Endpoint, Parameter, Schema
from digest.web.api.problems import Fault, Refusal, invalid
from digest.web.api.sentences import clipped, named, sentences_of

# More would only tell a program again what it knows by then.
_MAX_FAULTS = 20
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_FORMATS = FormatChecker(formats=("date",))


class Checks:
    """What stands before an endpoint; made once, of the schemas that are its description too."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._parameters = endpoint.parameters
        self._known = [each.name for each in endpoint.parameters if not each.is_path]
        self._rules = {each.name: _Rule(each.schema) for each in endpoint.parameters}
        self._body = _Rule(endpoint.body.schema) if endpoint.body else None

    def parameters(
        self, path: Mapping[str, str], query: Sequence[tuple[str, str]]
    ) -> dict[str, Any]:
        """Return the parameters of a request.

        Raises Refusal: 404 for a path that leads nowhere, 422 for what is wrong with the rest.
        """
        faults = list(islice(self._misplaced(query), _MAX_FAULTS))
        given = {**dict(query), **path}
        found = {}
        for each in self._parameters:
            if each.name not in given:
                if each.is_required:
                    missing = f"The parameter {each.name} is missing."
                    faults.append(Fault(missing, parameter=each.name))
                continue
            found[each.name] = _typed(each, given[each.name])
            wrong = self._rules[each.name].faults(found[each.name])
            if each.is_path and wrong:
                raise Refusal(404, "There is nothing at this address.")
            faults.extend(Fault(sentence, parameter=each.name) for _, sentence in wrong)
        if faults:
            raise invalid(faults[:_MAX_FAULTS])
        return found

    def body(self, sent: object) -> Mapping[str, Any]:
        """Return a body that is as it should be; raises Refusal, 422, with every place that is not."""
        wrong = self._body.faults(sent) if self._body else []
        if wrong:
            raise invalid([Fault(sentence, pointer=place) for place, sentence in wrong])
        return sent if isinstance(sent, dict) else {}

    def _misplaced(self, query: Iterable[tuple[str, str]]) -> Iterator[Fault]:
        seen: set[str] = set()
        for name, _ in query:
            if name not in self._known:
                there = f"; there are {', '.join(self._known)}" if self._known else ""
                yield Fault(
                    f"There is no parameter {named(name)} here{there}.", parameter=clipped(name)
                )
            elif name in seen:
                yield Fault(f"The parameter {name} is given twice.", parameter=name)
            seen.add(name)


class _Rule:
    """A schema, ready to be asked."""

    def __init__(self, schema: Schema) -> None:
        self._validator = Draft202012Validator(dict(schema), format_checker=_FORMATS)

    def faults(self, value: object) -> list[tuple[str, str]]:
        """Return (place, sentence) of what is wrong with a value; places are JSON pointers."""
        found: dict[str, str] = {}
        for error in self._validator.iter_errors(value):
            for place, sentence in sentences_of(error):
                found.setdefault(place, sentence)  # one thing at a time
            if len(found) >= _MAX_FAULTS:
                break
        return list(found.items())[:_MAX_FAULTS]


def _typed(parameter: Parameter, text: str) -> str | int:
    is_number = parameter.schema["type"] == "integer"
    return int(text) if is_number and _WHOLE.fullmatch(text) else text
