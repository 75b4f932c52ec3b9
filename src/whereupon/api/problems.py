"""Every error as one kind of answer: a problem document (RFC 9457), never a framework's own shape."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import asyncpg
import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from whereupon.db.pool import GONE, TRANSIENT
from whereupon.errors import Invalid, NotFound, Problem, TooMany, Unavailable, WhereuponError, did_you_mean

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class Malformed(WhereuponError):
    """The request is not what HTTP or JSON allow; nothing in it was looked at."""

    status, exit_code, code, title = 400, 2, "malformed", "Malformed"


class NotAllowed(WhereuponError):
    """The address exists, but not for this method."""

    status, exit_code, code, title = 405, 2, "method_not_allowed", "Method not allowed"


class TooLarge(WhereuponError):
    """The body is larger than is read."""

    status, exit_code, code, title = 413, 2, "too_large", "Too large"


class AddressTooLong(WhereuponError):
    """The address is longer than is read."""

    status, exit_code, code, title = 414, 2, "address_too_long", "Address too long"


class NotJson(WhereuponError):
    """The body is of a media type that is not understood here."""

    status, exit_code, code, title = 415, 2, "unsupported_media_type", "Not JSON"


class NotMultipart(WhereuponError):
    """The body is no upload: only the multipart parser makes files."""

    status, exit_code, code, title = 415, 2, "unsupported_media_type", "Not an upload"


UNAVAILABLE_SECONDS = 3

# What may be wrong with a value although each field was valid by itself: PostgreSQL says so, and its
# words are good enough to show. Everything else that it raises is a defect of ours.
REFUSED_BY_DATABASE = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)


def as_ours(error: Exception) -> WhereuponError:
    """The error of our family that stands for any other."""
    if isinstance(error, WhereuponError):
        return error
    if isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError):
        return Invalid(f"A value does not fit: {str(error).splitlines()[0]}.")
    if isinstance(error, (*GONE, *TRANSIENT, TimeoutError)):
        return Unavailable(
            "The database does not answer just now; nothing was changed.",
            suggestion="Try again in a few seconds.",
        )
    if isinstance(error, asyncpg.QueryCanceledError):
        return Invalid("This took the database too long and was stopped.", suggestion="Ask for less at once.")
    if isinstance(error, REFUSED_BY_DATABASE):
        return Invalid(f"The database refused a value: {str(error).splitlines()[0]}.")
    log.error("A defect of ours", exc_info=error)
    return WhereuponError(
        "Something went wrong inside Whereupon; it was written to the log.",
        suggestion="Try again, and tell whoever runs this installation.",
    )


def problem_document(error: WhereuponError) -> dict[str, Any]:
    """What RFC 9457 asks for, and our `code`, `suggestion` and `problems` beside it."""
    document: dict[str, Any] = {
        "type": f"urn:whereupon:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.message,
        "code": error.code,
    }
    if error.suggestion:
        document["suggestion"] = error.suggestion
    if error.problems:
        document["problems"] = [problem.as_json() for problem in error.problems]
    return document


def problem_response(error: Exception, headers: Mapping[str, str] | None = None) -> Response:
    """The answer for any error that a request ended with."""
    ours = as_ours(error)
    found = dict(headers or {})
    match ours:
        case Unavailable():
            found["Retry-After"] = str(UNAVAILABLE_SECONDS)
        case TooMany():
            found["Retry-After"] = str(ours.retry_after)
        case _:
            pass
    if ours.status == 401:
        found["WWW-Authenticate"] = "Bearer"
    body = orjson.dumps(problem_document(ours), default=str)
    return Response(body, ours.status, headers=found, media_type=MEDIA_TYPE)


def problem_of(item: Mapping[str, Any], model: type[BaseModel] | None) -> Problem:
    """One finding of the framework's validation in our words.

    The path is a JSON pointer into the body, "?name" for a parameter in the query, or the
    parameter's name for one in the address.
    """
    where, location = item["loc"][0], tuple(item["loc"][1:])
    path = path_of(where, location)
    name = str(location[-1]) if location else "The body"
    match item["type"]:
        case "extra_forbidden":
            known = keys_at(model, location[:-1]) if model else []
            return Problem("unknown_key", f'"{name}" is not known here.', path, did_you_mean(name, known))
        case "missing":
            return Problem("missing", f'"{name}" is required.' if location else "A body is required.", path)
        case "string_pattern_mismatch" if name == "key":
            given = str(item.get("input", ""))[:60]
            said = f'"{given}" is no key.' if given else "The key is missing."
            return Problem("invalid", said, path, "Small letters a to z, digits and _, a letter first.")
        case kind if (expected := EXPECTED.get(kind.split("_")[0])) and location:
            return Problem("invalid", f'"{name}" is to be {expected}.', path)
        case _:
            return Problem("invalid", item["msg"].removeprefix("Value error, ").rstrip(".") + ".", path)


# By how the names of the library's findings begin: date_from_datetime_parsing, datetime_type, int_parsing …
EXPECTED = {
    "date": "a date, such as 2026-11-22",
    "datetime": "a moment, such as 2026-11-22T09:30:00Z",
    "time": "a time of day, such as 09:30",
    "int": "a whole number",
    "bool": "true or false",
}


def keys_at(annotation: Any, location: Sequence[int | str]) -> list[str]:
    """The keys that a model allows at a place inside it, as far as its annotations tell."""
    if not isinstance(annotation, type) or not issubclass(annotation, BaseModel):
        return [key for inner in get_args(annotation) for key in keys_at(inner, location)]
    names = [part for part in location if isinstance(part, str)]
    by_name = {info.alias or name: info for name, info in annotation.model_fields.items()}
    if not names:
        return list(by_name)
    return keys_at(by_name[names[0]].annotation, names[1:]) if names[0] in by_name else []


def path_of(where: str, location: Sequence[int | str]) -> str:
    """
    >>> path_of("body", ("fields", 0, "key")), path_of("query", ("limit",)), path_of("path", ("id",))
    ('/fields/0/key', '?limit', 'id')
    """
    if where == "body":
        return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
    return ("?" if where == "query" else "") + ".".join(str(part) for part in location)


async def on_validation(request: Request, error: Exception) -> Response:
    """What the framework found wrong with parameters or body."""
    assert isinstance(error, RequestValidationError)
    body_field = getattr(request.scope.get("route"), "body_field", None)
    annotation = getattr(getattr(body_field, "field_info", None), "annotation", None)
    model = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
    return problem_response(Invalid.of(*(problem_of(item, model) for item in error.errors())))


async def on_http(request: Request, error: Exception) -> Response:
    """404 and 405, which the router raises before any of our code runs."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    match error.status_code:
        case 404:
            return problem_response(
                NotFound(
                    f"There is nothing at {path}.", suggestion="/api/v1/openapi.json lists what there is."
                )
            )
        case 405:
            allowed = ", ".join(sorted(methods_at(request)))
            refused = NotAllowed(
                f"{request.method} is not possible at {path}.", suggestion=f"Possible: {allowed}."
            )
            return problem_response(refused, {"Allow": allowed})
        case _:
            return problem_response(Malformed(str(error.detail)))


def methods_at(request: Request) -> set[str]:
    """Every method that some route has at this address."""
    found: set[str] = set()
    for route in request.app.router.routes:
        if getattr(route, "methods", None) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods
    return found


async def on_any(request: Request, error: Exception) -> Response:
    """A defect outside our routes; it is logged, and told without its details."""
    return problem_response(error)


class FieldProblem(BaseModel):
    """One thing that is wrong. `path`: a JSON pointer into the body, or ?name in the query."""

    code: str
    message: str
    path: str
    suggestion: str | None = None


class ProblemDocument(BaseModel):
    """What went wrong, to what, and what to try next (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    suggestion: str | None = None
    problems: list[FieldProblem] = []
