"""What a route says of itself for the OpenAPI document: name, answer, special errors, examples."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict


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
) -> dict[str, Any]:
    """Arguments for a router's decorator.

    `name` is verb_noun. `errors`: beyond those that follow from the shape (openapi.py). `body`: the JSON
    schema for a route that reads its JSON itself. `exact_numbers`: its fractions arrive as Decimal.
    `direct`: called with the parameters of the address as they are, for where every microsecond counts.
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
    if body is not None:
        extra["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    answer: dict[str, Any] = {"description": summary}
    if model is not None:
        answer["model"] = model
    return {
        "operation_id": name,
        "status_code": status,
        "summary": summary,
        "responses": {status: answer},
        "response_model": None,
        "openapi_extra": extra,
    }
