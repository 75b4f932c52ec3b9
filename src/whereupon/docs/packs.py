"""The files of a pack as JSON schemas, one for each file."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from whereupon.packs.contents import About, Modules, People, Records, Samples, WorkflowIn
from whereupon.packs.kinds import kinds

FILES: dict[str, type[BaseModel]] = {
    "pack.yaml": About, "modules.yaml": Modules, "people.yaml": People, "records.yaml": Records,
    "samples.yaml": Samples, "workflows/*.yaml": WorkflowIn,
}  # fmt: skip


def pack_schema() -> str:
    """An object whose properties are the files of the folder: an editor takes the part that it needs."""
    others = {f"{one.folder}/*.yaml": one.model for one in kinds() if one.model and one.key != "workflow"}
    definitions: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for name, model in (FILES | others).items():
        schema = model.model_json_schema(by_alias=True)
        definitions |= schema.pop("$defs", {})
        properties[name] = schema
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Pack",
        "description": "A folder: each property is one of its files, or one of several of a kind.",
        "type": "object", "required": ["pack.yaml"], "properties": properties, "$defs": definitions,
    }  # fmt: skip
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
