"""Pages for people who run an installation or call it: settings, errors, the REST API, the command line."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from whereupon import errors
from whereupon.api.app import create_app
from whereupon.cli.main import make_app
from whereupon.db.pool import Database
from whereupon.docs.markdown import code, listed, page, table
from whereupon.docs.schema import takes
from whereupon.errors import WhereuponError
from whereupon.settings import Settings
from whereupon.workers.metrics import METRICS, PREFIX

UNCHECKED = {"data": "`~/.local/share/whereupon`"}  # defaults that depend on who asks


def settings() -> str:
    """The environment variables."""
    schema = Settings.model_json_schema()
    rows = ([code(f"WHEREUPON_{name.upper()}"), takes(part), _default(name, part), part["description"]]
            for name, part in schema["properties"].items())  # fmt: skip
    return page(
        "# Settings",
        "What the operator of an installation may set, as environment variables. Everything else is in the "
        "database "
        "and set over the API: organisation, time zone, mail server, caps.",
        table(("variable", "takes", "default", "meaning"), rows),
    )


def _default(name: str, part: Mapping[str, Any]) -> str:
    if name in UNCHECKED:
        return UNCHECKED[name]
    return "" if part.get("default") is None else code(part["default"])


def family() -> Iterator[type[WhereuponError]]:
    """The kinds of error that errors.py tells apart."""
    found = (
        cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, WhereuponError)
    )
    return iter(sorted(found, key=lambda cls: (cls.status, cls.code)))


def error_codes() -> str:
    """Error codes, HTTP statuses and exit codes."""
    rows = ([code(c.code), str(c.status), str(c.exit_code), c.title, c.__doc__ or ""] for c in family())
    return page(
        "# Errors",
        "The API answers with problem documents (RFC 9457); `problems` names every wrong place at once, each "
        "with a "
        "code, a message, a JSON pointer and often a suggestion. The command line writes the same to stderr "
        "and exits "
        "with the code below; 0 is success, 70 a defect of ours, 130 an interruption by Ctrl-C.",
        table(("code", "HTTP", "exit", "title", "meaning"), rows),
    )


# The REST API --------------------------------------------------------------------------------------


def openapi() -> dict[str, Any]:
    """The OpenAPI document, without a database."""
    return create_app(Database(cast("Any", None), ""), Settings.model_construct()).openapi()


def http_api() -> str:
    """Every operation of the API, by noun."""
    document = openapi()
    by_tag: dict[str, list[list[str]]] = {}
    for address, methods in document["paths"].items():
        for method, operation in methods.items():
            row = [code(f"{method.upper()} {address}"), operation["summary"], _answers(operation)]
            by_tag.setdefault(operation["tags"][0], []).append(row)
    sections = (
        f"## {tag}\n\n{table(('call', 'what it does', 'answers'), rows)}" for tag, rows in by_tag.items()
    )
    return page(
        "# REST API",
        document["info"]["description"],
        "A running installation shows the same at `/api/v1/docs`, and as OpenAPI 3.1 at "
        "`/api/v1/openapi.json`. "
        "Sign in with `Authorization: Bearer whu_…` (an API token) or with a session cookie. What an error "
        "means "
        "is on the page [Errors](errors.md).",
        *sections,
    )


def _answers(operation: Mapping[str, Any]) -> str:
    return ", ".join(sorted(operation["responses"]))


# Metrics -------------------------------------------------------------------------------------------


def metrics() -> str:
    """What /metrics tells."""
    rows = (
        [code(PREFIX + one.name), f"{code(one.label)}: {listed(one.values)}" if one.label else "", one.help]
        for one in METRICS
    )
    return page(
        "# Metrics",
        "`GET /metrics` answers in Prometheus's text format (version 0.0.4). All are gauges, read from the "
        "database at that moment. Without `WHEREUPON_METRICS_TOKEN` it answers on this machine alone, and "
        "not through a proxy; with it, whoever sends `Authorization: Bearer <token>`.",
        table(("metric", "label", "what it is"), rows),
        "Counts of queues stop at 100,000. `oldest_due_seconds` leaves out runs of workflows whose queue is "
        "paused.",
    )


# The command line ----------------------------------------------------------------------------------


def command_line() -> str:
    """Every command, as the program itself explains it."""
    with called("whereupon"):
        return make_app().generate_docs(output_format="markdown", recursive=True).rstrip() + "\n"


@contextmanager
def called(name: str) -> Generator[None]:
    """As if the program had been started by that name, which the explanations contain."""
    before = sys.argv
    sys.argv = [name]
    try:
        yield
    finally:
        sys.argv = before
