"""What a route says of itself for the OpenAPI document: name, answer, special errors, examples."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

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
    any_query: bool = False,
    media_type: str = "application/json",
) -> dict[str, Any]:
    """Arguments for a router's decorator.

    `name` is verb_noun. `errors`: beyond those that follow from the shape (openapi.py). `body`: the JSON
    schema for a route that reads its JSON itself. `exact_numbers`: its fractions arrive as Decimal.
    `direct`: called with the parameters of the address as they are, for where every microsecond counts.
    `upload`: the route reads its body itself, a file in multipart/form-data. `any_query`: others write its
    address and add names of their own. `media_type`: of its answer.
    """
    extra: dict[str, Any] = {"x-errors": sorted(errors)}
    if public:
        extra["security"] = []
    if if_match:
        extra["x-if-match"] = True
    if exact_numbers:
        extra["x-exact-numbers"] = True
    if direct:
        extra["x-direct"] = True
    if any_query:
        extra["x-any-query"] = True
    if upload:
        extra |= {"x-upload": True, "requestBody": UPLOAD}
    if body is not None:
        extra["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    answer: dict[str, Any] = {"description": summary}
    if model is not None:
        answer["model"] = model
    elif media_type != "application/json":
        answer["content"] = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    plain = media_type == "application/json" and status != 303  # a redirect has no content
    framework = {} if plain else {"response_class": Response}
    return framework | {
        "operation_id": name,
        "status_code": status,
        "summary": summary,
        "responses": {status: answer},
        "response_model": None,
        "openapi_extra": extra,
    }
