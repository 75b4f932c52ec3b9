"""What a route says of itself for the OpenAPI document: name, answer, special errors, examples."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

JSON = "application/json"
# One file; whatever else a client says of it is not believed.
UPLOAD: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object", "required": ["file"], "additionalProperties": False,
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        }
    },
}  # fmt: skip
# Several at once.
UPLOADS: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object", "required": ["files"], "additionalProperties": False,
                "properties": {
                    "files": {
                        "type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"},
                    }
                },
            }
        }
    },
}  # fmt: skip


class Out(BaseModel):
    """The base of what is answered; only described here, never validated on the way out."""

    model_config = ConfigDict(extra="forbid")


def operation(
    name: str,
    model: Any = None,
    *,
    status: int = 200,
    summary: str,
    errors: Iterable[int] = (),
    public: bool = False,
    if_match: bool = False,
    body: dict[str, Any] | None = None,
    exact_numbers: bool = False,
    direct: bool = False,
    upload: bool = False,
    uploads: bool = False,
    any_query: bool = False,
    media_type: str = JSON,
) -> dict[str, Any]:
    """Arguments for a router's decorator.

    `name` is verb_noun. `errors`: beyond those that follow from the shape (openapi.py). `body`: the JSON
    schema for a route that reads its JSON itself. `exact_numbers`: its fractions arrive as Decimal.
    `direct`: called with the parameters of the address as they are, for where every microsecond counts.
    `upload`: the route reads its body itself, a file in multipart/form-data; `uploads`: several. `any_query`:
    others write its address and add names of their own. `media_type`: of its answer.
    """
    marks = {"if-match": if_match, "exact-numbers": exact_numbers, "direct": direct, "any-query": any_query,
             "upload": upload or uploads}  # fmt: skip
    extra: dict[str, Any] = {"x-errors": sorted(errors)} | {f"x-{m}": True for m, on in marks.items() if on}
    if public:
        extra["security"] = []
    if upload or uploads:
        extra["requestBody"] = UPLOAD if upload else UPLOADS
    elif body is not None:
        extra["requestBody"] = json_body(body)
    plain = media_type == JSON and status != 303  # a redirect has no content
    framework = {} if plain else {"response_class": Response}
    return framework | {
        "operation_id": name,
        "status_code": status,
        "summary": summary,
        "responses": {status: answer_of(summary, model, media_type)},
        "response_model": None,
        "openapi_extra": extra,
    }


def json_body(schema: dict[str, Any]) -> dict[str, Any]:
    """What is sent, for a route that reads it itself."""
    return {"required": True, "content": {JSON: {"schema": schema}}}


def answer_of(summary: str, model: Any, media_type: str) -> dict[str, Any]:
    """What is answered: a model, bytes of another type, or nothing that is described."""
    if model is not None:
        return {"description": summary, "model": model}
    if media_type == JSON:
        return {"description": summary}
    return {
        "description": summary,
        "content": {media_type: {"schema": {"type": "string", "format": "binary"}}},
    }
