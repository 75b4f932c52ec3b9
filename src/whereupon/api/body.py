"""The body of a request: read up to a limit, and only if it is clean JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Never, cast

import orjson
from starlette.requests import Request

from whereupon.api.problems import Malformed, NotJson, TooLarge
from whereupon.errors import Invalid, Problem

LIMIT_BYTES = 5_000_000


async def read_body(request: Request, limit: int = LIMIT_BYTES) -> bytes:
    """The whole body. Raises TooLarge as soon as it is known to be."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise too_large(limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def too_large(limit: int = LIMIT_BYTES) -> TooLarge:
    return TooLarge(
        f"The body is larger than {limit // 1_000_000} MB.", suggestion="Send it in several requests."
    )


def require_json(request: Request) -> None:
    """Raises NotJson unless the media type says JSON. One that is missing says so too."""
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise NotJson(
            f'The body is "{kind}", and only JSON is read here.',
            suggestion="Send it with Content-Type: application/json.",
        )


def parse_json(raw: bytes, *, exact: bool = False) -> Any:
    """The value. `exact`: numbers with a fraction as Decimal, as written. Raises Malformed, Invalid."""
    value = parse_exactly(raw) if exact else parse_quickly(raw)
    # PostgreSQL cannot store it; it is looked for only when the text says that it may be there.
    if b"\\u0000" in raw:
        refuse(value, "\0", "nul", "A NUL character cannot be stored.")
    return value


def parse_quickly(raw: bytes) -> Any:
    """With orjson, which refuses lone surrogates, bytes that are no UTF-8, NaN and deep nesting."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise malformed(error) from None


def parse_exactly(raw: bytes) -> Any:
    """With the standard library, which can keep every digit of a number."""
    if b"\\ud" in raw.lower() or not raw.isascii():
        parse_quickly(raw)  # for what only orjson refuses
    try:
        return json.loads(raw, parse_float=Decimal, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        raise malformed(error) from None
    except (RecursionError, ValueError) as error:
        raise Malformed(f"The body is not JSON: {error}.") from None


def no_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON number")


def malformed(error: json.JSONDecodeError) -> Malformed:
    return Malformed(f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).")


def refuse(value: Any, character: str, code: str, message: str) -> None:
    """Raises Invalid naming every place where the character stands."""
    problems = [Problem(code, message, path) for path, text in texts(value) if character in text]
    if problems:
        raise Invalid.of(*problems)


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a JSON value, keys included, with its JSON pointer.

    >>> list(texts({"a": ["b"]}))
    [('/a', 'a'), ('/a/0', 'b')]
    """
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for i, item in enumerate(cast(list[Any], value)):
            yield from texts(item, f"{path}/{i}")
    elif isinstance(value, dict):
        for key, item in cast(dict[str, Any], value).items():
            yield f"{path}/{key}", key
            yield from texts(item, f"{path}/{key}")
