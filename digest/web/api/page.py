"""`/api`: the API for people who write programs, made of the same rows as the API itself."""

import json
import shlex
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from digest.web.api.endpoint import Endpoint
from digest.web.api.problems import BY_STATUS
from digest.web.api.resource import MOST, SPAN
from digest.web.api.table import ENDPOINTS, ROOT
from digest.web.site import site_of


@dataclass(frozen=True, slots=True)
class Shown:
    """An endpoint, and how to ask it from a command line."""

    endpoint: Endpoint
    command: str


def show(request: Request) -> Response:
    """Return the page that says what the API has, and how to use it."""
    site = site_of(request)
    base_url = site.url(ROOT)
    shown = [Shown(each, command_of(each, base_url)) for each in ENDPOINTS]
    return site.page(
        "api",
        base_url=base_url,
        description_url=f"{base_url}/openapi.json",
        groups=[
            ("For anybody", [each for each in shown if _is_for_anybody(each.endpoint)]),
            ("Your own", [each for each in shown if each.endpoint.is_own]),
            ("For operators", [each for each in shown if each.endpoint.is_operators]),
        ],
        kinds=list(BY_STATUS.values()),
        calls=int(MOST),
        minutes=int(SPAN / 60),
    )


def _is_for_anybody(endpoint: Endpoint) -> bool:
    return not endpoint.is_own and not endpoint.is_operators


def command_of(endpoint: Endpoint, base_url: str) -> str:
    """Return the command that asks an endpoint, with the examples of its row."""
    path = endpoint.path
    for each in endpoint.parameters:
        if each.is_path:
            path = path.replace(f"{{{each.name}}}", quote(each.example))
    # The first is what one wants to try.
    query = {each.name: each.example for each in endpoint.parameters if not each.is_path}
    first = dict(list(query.items())[:1]) if "cursor" not in list(query)[:1] else {}
    url = f"{base_url}{path}{'?' if first else ''}{urlencode(first)}"
    words = ["curl"]
    if endpoint.method != "GET":
        words += ["-X", endpoint.method]
    command = shlex.join(words)
    if endpoint.is_own or endpoint.is_operators:
        command += f' -H "Authorization: Bearer ${"TOKEN" if endpoint.is_own else "KEY"}"'
    if endpoint.body:
        command += " -H " + shlex.quote("Content-Type: application/json")
        command += " -d " + shlex.quote(json.dumps(endpoint.body.example))
    if endpoint.file:
        command += " -H " + shlex.quote(f"Content-Type: {endpoint.file.types[0]}")
        command += f" --data-binary @{query[endpoint.file.named_by]}"
    return f"{command} {shlex.quote(url)}"
