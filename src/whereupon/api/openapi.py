"""The OpenAPI 3.1 document: what the routes declare, and what follows from their shape, said once."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from whereupon.api.idempotency import MAX_LENGTH
from whereupon.api.identity import COOKIE
from whereupon.api.problems import MEDIA_TYPE, ProblemDocument

DESCRIPTION = """
Something happens to a record, whereupon the right things are done.

Errors are problem documents (RFC 9457). Long lists come in pages: `limit`, and `cursor` from `next_cursor`.
A POST with an `Idempotency-Key` is done once, however often it is sent. Answers about one thing carry an
`ETag`; send it as `If-Match` with an edit, and the edit is refused if somebody else was quicker.
"""
ERRORS: dict[int, str] = {
    400: "The request is malformed: not JSON, or not HTTP.",
    401: "Nobody is signed in, or the session or token has ended.",
    403: "This user may not do that.",
    404: "There is no such thing, or this user may not know of it.",
    409: "Something else is in the way: another edit, a name that is taken, a thing in use.",
    410: "It was there, and will not be again: it has ended, or was taken back.",
    412: "If-Match names another version than the stored one.",
    413: "The body is larger than is read.",
    414: "The address is longer than 65,535 bytes.",
    415: "The body is of a media type that is not read here.",
    422: "What was sent is not valid; `problems` names every wrong place.",
    429: "Too many tries; Retry-After says when to go on.",
    502: "Another server, which this needs, did not answer as it should.",
    503: "The database does not answer just now; Retry-After says when to try again.",
}
RETRIED = {429, 503}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and the same request: done once, and the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH, "pattern": "^[!-~]+$"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag that the edit is based on, or *.",
    "schema": {"type": "string", "pattern": r'^(\*|"[!#-~]*")$'},
    "example": "*",
}


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = complete(
            get_openapi(
                title="Whereupon",
                version=version("whereupon"),
                description=DESCRIPTION.strip(),
                routes=app.routes,
                openapi_version="3.1.0",
                license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
            )
        )
    return app.openapi_schema


def complete(found: dict[str, Any]) -> dict[str, Any]:
    """Add to each operation what its method, address and body bring with them."""
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(schemas_of_problems())
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    found["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "An API token, whu_…"},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Set by signing in."},
    }
    found["security"] = [{"token": []}, {"session": []}]
    for address, methods in found["paths"].items():
        for method, operation in methods.items():
            complete_operation(address, method, operation)
    return found


def schemas_of_problems() -> dict[str, Any]:
    schema = ProblemDocument.model_json_schema(mode="validation", ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "ProblemDocument": schema}


def complete_operation(address: str, method: str, operation: dict[str, Any]) -> None:
    """The errors and headers of one operation."""
    parameters: list[Any] = operation.setdefault("parameters", [])
    operation.pop("x-exact-numbers", None)
    operation.pop("x-direct", None)
    operation.pop("x-any-query", None)
    operation.pop("x-upload", None)
    statuses = statuses_of(address, method, operation)
    if method == "post":
        parameters.append(IDEMPOTENCY_KEY)
    if operation.pop("x-if-match", False):
        parameters.append(IF_MATCH)
    for status in sorted(statuses):
        operation["responses"][str(status)] = problem_answer(status)


def statuses_of(address: str, method: str, operation: dict[str, Any]) -> set[int]:
    """Every error that the operation may answer with."""
    public = operation.get("security") == []
    found = {422, 503, *operation.pop("x-errors", ())}
    found |= set() if public else {401, 403}
    found |= {404} if "{" in address else set()
    found |= {400, 415} if "requestBody" in operation else set()
    found |= {414} if any(takes_long_text(one) for one in operation.get("parameters", ())) else set()
    found |= {413} if method in ("post", "put", "patch") else set()
    found |= {409} if method == "post" else set()
    found |= {409, 412} if operation.get("x-if-match") else set()
    # A public write can still be refused for coming from another site.
    return found | ({403} if method != "get" else set())


def takes_long_text(parameter: dict[str, Any]) -> bool:
    """Whether a parameter alone can make the address too long, each letter of it written as %F0%9F%…"""
    schema = parameter["schema"]
    kinds = [schema, *schema.get("anyOf", ())]
    return parameter["in"] == "query" and any(
        one.get("type") == "string" and "enum" not in one and "format" not in one for one in kinds
    )


def problem_answer(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": ERRORS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
    }
    if status in RETRIED:
        answer["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return answer
