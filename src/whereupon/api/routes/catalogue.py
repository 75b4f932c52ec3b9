"""What workflows are made of: blocks, triggers, operators, functions and types of field."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.conditions.functions import ROWS as FUNCTIONS
from whereupon.conditions.operators import OPERATORS
from whereupon.modules.field_types import FIELD_TYPES
from whereupon.sdk import registry
from whereupon.workflows.document import Document

router = routes_of("catalogue")


class BlockOut(Out):
    """One block. `config` is a JSON schema; `outputs` names what later blocks may use, by type. `internal`:
    something else that people draw sets it, a playbook; no palette offers it."""

    key: str
    label: str
    group: str
    icon: str
    description: str
    leaves: bool
    waits: bool
    internal: bool
    outputs: dict[str, str]
    config: dict[str, Any]
    examples: list[dict[str, Any]]


class TriggerOut(Out):
    """One way in which a workflow starts. `config` is a JSON schema."""

    key: str
    label: str
    description: str
    has_old: bool
    scheduled: bool
    internal: bool
    config: dict[str, Any]
    examples: list[dict[str, Any]]


class OperatorOut(Out):
    """One operator of conditions. `right`: none, one, list, pair or days."""

    key: str
    label: str
    takes: list[str]
    right: str
    of_change: bool


class FunctionOut(Out):
    """One function of formulas. `gives` null: it depends on what it is given."""

    name: str
    group: str
    takes: str
    gives: str | None
    example: str
    doc: str


class FieldTypeOut(Out):
    """One type of field. `options` is a JSON schema."""

    key: str
    label: str
    options: dict[str, Any]


class Catalogue(Out):
    """Everything at once: it changes only when a package is installed."""

    blocks: list[BlockOut]
    triggers: list[TriggerOut]
    operators: list[OperatorOut]
    functions: list[FunctionOut]
    field_types: list[FieldTypeOut]
    workflow: dict[str, Any]


@cache
def blocks() -> list[dict[str, Any]]:
    return [
        {
            "key": b.key, "label": b.label, "group": b.group, "icon": b.icon, "description": b.description,
            "leaves": b.leaves, "waits": b.waits, "internal": b.internal,
            "config": b.Config.model_json_schema(),
            "outputs": {name: kind.noun for name, kind in b.outputs.items()},
            "examples": [dict(example) for example in b.examples],
        }
        for b in registry.blocks().values()
    ]  # fmt: skip


@cache
def triggers() -> list[dict[str, Any]]:
    return [
        {
            "key": t.key, "label": t.label, "description": t.description, "has_old": t.has_old,
            "scheduled": t.scheduled, "internal": t.internal, "config": t.Config.model_json_schema(),
            "examples": [dict(example) for example in t.examples],
        }
        for t in registry.triggers().values()
    ]  # fmt: skip


@cache
def operators() -> list[dict[str, Any]]:
    return [
        {
            "key": o.key, "label": o.label, "takes": sorted(kind.value for kind in o.takes),
            "right": o.right.value, "of_change": o.of_change,
        }
        for o in OPERATORS.values()
    ]  # fmt: skip


@cache
def functions() -> list[dict[str, Any]]:
    return [
        {
            "name": f.name, "group": f.group, "takes": f.takes, "gives": f.gives.noun if f.gives else None,
            "example": f.example, "doc": f.doc,
        }
        for f in FUNCTIONS
    ]  # fmt: skip


@cache
def field_types() -> list[dict[str, Any]]:
    return [
        {"key": t.key, "label": t.label, "options": t.options.model_json_schema()}
        for t in FIELD_TYPES.values()
    ]


@cache
def catalogue() -> bytes:
    """All of it as JSON. The standard library writes it: some limits in the schemas have over 64 bits."""
    found = {
        "blocks": blocks(), "triggers": triggers(), "operators": operators(), "functions": functions(),
        "field_types": field_types(), "workflow": Document.model_json_schema(),
    }  # fmt: skip
    return json.dumps(found, ensure_ascii=False).encode()


@router.get("/catalogue", **operation("get_catalogue", Catalogue, summary="What workflows are made of."))
async def get_catalogue(call: TheCall) -> Response:
    return Response(catalogue(), media_type="application/json")
