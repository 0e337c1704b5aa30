"""The endpoints as OpenAPI 3.1 describes them, made of the same rows as their routes."""

from collections.abc import Iterable
from typing import Any

from digest.web.api.endpoint import Endpoint, Parameter
from digest.web.api.problems import BY_STATUS
from digest.web.api.schemas import COMPONENTS, ref
from digest.web.security import MAX_BODY

VERSION = "1"
TOKEN = "token"  # noqa: S105  the name of the scheme
KEY = "key"
_ABOUT = f"""\
What the pages and mails of this site are made of, as JSON. The papers, the lists they come from and \
the feeds are for anybody; what is under /me is a reader's own and needs a token, which they make \
under "Programs" in their account; lists of papers are sent with the key of an operator.

Moments are in UTC, to the second. Lists come in parts: next_cursor of one is the cursor of the \
next. Bodies are JSON objects of {MAX_BODY // 1024} kB at most; a field or parameter that is not \
described is refused. What goes wrong is told as RFC 9457 has it (application/problem+json). Who is \
answered 429 asks again after as many seconds as Retry-After says. Fields may be added to answers, so \
do not be put off by those you do not know."""


def describe(endpoints: Iterable[Endpoint], site_name: str, base_url: str) -> dict[str, Any]:
    """Return the description of endpoints under `base_url`."""
    paths: dict[str, dict[str, Any]] = {}
    for each in endpoints:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{site_name} API", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {
            "schemas": COMPONENTS,
            "securitySchemes": {
                TOKEN: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Authorization: Bearer, and a token made under Programs.",
                },
                KEY: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Authorization: Bearer, and a key that `digest operators key` made.",
                },
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [_tag(endpoint)],
        "security": _security(endpoint),
        "responses": _responses(endpoint),
    }
    if endpoint.about:
        found["description"] = endpoint.about
    if endpoint.parameters:
        found["parameters"] = [_parameter(each) for each in endpoint.parameters]
    if endpoint.body:
        content = {"schema": endpoint.body.schema, "example": endpoint.body.example}
        found["requestBody"] = {"required": True, "content": {"application/json": content}}
    if endpoint.file:
        files = {each: {"schema": {"type": "string"}} for each in endpoint.file.types}
        found["requestBody"] = {"required": True, "content": files}
    return found


def _tag(endpoint: Endpoint) -> str:
    if endpoint.is_operators:
        return "operators"
    return "yours" if endpoint.is_own else "public"


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    if endpoint.is_operators:
        return [{KEY: []}]
    return [{TOKEN: []}] if endpoint.is_own else []


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "path" if parameter.is_path else "query",
        "required": parameter.is_path or parameter.is_required,
        "description": parameter.about,
        "schema": parameter.schema,
    }


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.answer is None:
        found: dict[str, Any] = {"204": {"description": "It is done."}}
    else:
        content = {"application/json": {"schema": endpoint.answer}}
        found = {"200": {"description": endpoint.summary, "content": content}}
        if endpoint.makes:
            found["201"] = {"description": endpoint.makes, "content": content}
    if endpoint.is_public_read:
        found["304"] = {"description": "You have it: nothing changed since the tag you sent."}
    for status in endpoint.problems:
        about = BY_STATUS[status].about
        if status == 409:  # noqa: PLR2004  a conflict, of which the endpoint knows more
            about = endpoint.conflicts
        found[str(status)] = {
            "description": about,
            "content": {"application/problem+json": {"schema": ref("Problem")}},
        }
    return found
