"""Which module each part of a configuration is about, read from its schema (sdk/fields.py) and its values.

So the editor offers the right fields in every form, also in those of other packages' blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from whereupon.modules.catalog import Catalog, Module
from whereupon.sdk.block import Config

Schema = Mapping[str, Any]


@cache
def schema_of(model: type[Config]) -> Schema:
    """The JSON schema of a configuration, made once."""
    return model.model_json_schema()


@dataclass(frozen=True, slots=True)
class Level:
    """An object of the configuration: what its schema says of its keys, and what they hold."""

    properties: Mapping[str, Schema]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Walks one configuration. `module` is the workflow's own."""

    schema: Schema
    catalog: Catalog
    module: Module | None

    def walk(
        self, schema: Schema, value: Any, around: Sequence[Level], pointer: str
    ) -> Iterator[tuple[str, str]]:
        """(JSON pointer, module key) of every part that is about a module of its own."""
        found = self.resolved(schema)
        if isinstance(value, list) and "items" in found:
            for index, item in enumerate(cast(list[Any], value)):
                yield from self.walk(found["items"], item, around, f"{pointer}/{index}")
        elif isinstance(value, Mapping) and "properties" in found:
            values = cast(Mapping[str, Any], value)
            inner = [*around, Level(found["properties"], values)]
            for key, part in found["properties"].items():
                yield from self.about(part, inner, f"{pointer}/{key}")
                if key in values:
                    yield from self.walk(part, values[key], inner, f"{pointer}/{key}")

    def about(self, part: Schema, around: Sequence[Level], pointer: str) -> Iterator[tuple[str, str]]:
        """What the part's own keywords say; "/*" are the values of an assignment."""
        for keyword, at in (("x-module", pointer), ("x-values", f"{pointer}/*")):
            if module := self.first_named(part.get(keyword, ()), around):
                yield at, module.key

    def first_named(self, keys: Sequence[str], around: Sequence[Level]) -> Module | None:
        """The module that the first of these keys that is set leads to."""
        for key in keys:
            name, levels = key, around
            while name.startswith("../"):
                name, levels = name.removeprefix("../"), levels[:-1]
            held = levels[-1].values.get(name) if levels else None
            if levels and isinstance(held, str) and held:
                return self.led_to(levels[-1].properties.get(name, {}), held, levels)
        return None

    def led_to(self, part: Schema, held: str, around: Sequence[Level]) -> Module | None:
        """The module that a key's value means: its name, "module.reference", or a path to a record."""
        match part.get("x-widget"):
            case "module":
                return self.catalog.modules.get(held)
            case "children":
                return self.catalog.modules.get(held.partition(".")[0])
            case _:
                base = self.first_named(part.get("x-module", ()), around) or self.module
                return self.followed(base, held.split("."))

    def followed(self, module: Module | None, names: Sequence[str]) -> Module | None:
        """The module at the end of a path over links, or of the lines that it names."""
        for name in names:
            field = module.fields.get(name) if module else None
            if module is None or field is None:
                return None
            lines = f"{module.key}_{field.key}" if field.type == "line_items" else ""
            module = self.catalog.modules.get(field.target or lines)
        return module

    def resolved(self, schema: Schema) -> Schema:
        """Behind a reference, and without "or null"."""
        options = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
        found: Schema = options[0] if len(options) == 1 else schema
        name = str(found.get("$ref", "")).rpartition("/")[2]
        return self.schema.get("$defs", {}).get(name, found) if name else found


def modules_in(
    model: type[Config], config: Mapping[str, Any], catalog: Catalog, module: Module | None
) -> dict[str, str]:
    """JSON pointer into the configuration → key of the module that the part is about."""
    schema = schema_of(model)
    return dict(Reader(schema, catalog, module).walk(schema, config, (), ""))
