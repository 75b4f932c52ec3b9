"""The modules of a pack as they would be here: its workflows can be told in words before it is loaded.

Nothing is written, and nothing compiled from it is ever run: it serves sentences alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from whereupon.errors import Invalid
from whereupon.modules.catalog import Catalog, Field, Module
from whereupon.modules.checks import check_field
from whereupon.modules.definitions import FieldIn, ModuleIn, read_definition
from whereupon.modules.plan import plan_module
from whereupon.modules.rows import with_module
from whereupon.packs.contents import Modules


def imagine(catalog: Catalog, wanted: Modules) -> Catalog:
    """The catalog with those of the pack's modules that are not there. One that cannot be had is left out."""
    for module in wanted.modules:
        if module.key not in catalog.modules:
            catalog = _with(catalog, module)
    for late in wanted.late_fields:
        module = catalog.modules.get(late.module)
        if module is not None and module.id <= 0 and late.key not in module.fields:
            field = FieldIn.model_validate(late.model_dump(exclude={"module"}))
            checked = check_field(catalog, field, "", module.fields, len(module.fields))
            fields = {**module.fields, late.key: _computed(checked.field)}
            catalog = with_module(catalog, replace(module, fields=fields))
    return catalog


def _with(catalog: Catalog, wanted: ModuleIn, parent_field: str | None = None) -> Catalog:
    try:
        module = plan_module(catalog, wanted, parent_field)
    except Invalid:
        return catalog
    # Ids that no module has; each its own, as modules are found by them, too.
    module = replace(module, id=-1 - sum(known.id < 0 for known in catalog.modules.values()))
    catalog = with_module(catalog, module)
    for field in module.fields.values():
        if field.type == "line_items":
            catalog = _with_lines(catalog, module, field)
    now = catalog.modules[module.key]
    return with_module(catalog, replace(now, fields=_computed_all(now.fields.values())))


def _with_lines(catalog: Catalog, module: Module, field: Field) -> Catalog:
    """The module of a record's lines, and the field that leads to them."""
    key, parent = f"{module.key}_{field.key}", str(field.options["parent"])
    own = FieldIn.model_validate(
        {"key": parent, "type": "reference", "options": {"target": module.key, "on_delete": "cascade"}}
    )
    place = FieldIn.model_validate({"key": "position", "type": "integer"})
    lines = [read_definition(FieldIn, line) for line in field.options["fields"]]
    wanted = ModuleIn(key=key, label=field.label, label_plural=field.label, fields=[own, place, *lines])
    led = replace(field, options={"target": key, "parent": parent})
    here = replace(module, fields={**catalog.modules[module.key].fields, field.key: led})
    return _with(with_module(catalog, here), wanted, parent)


def _computed_all(fields: Iterable[Field]) -> dict[str, Field]:
    return {field.key: _computed(field) for field in fields}


def _computed(field: Field) -> Field:
    """A formula's type is not worked out here: as words, a number will do."""
    if field.type != "formula" or "result" in field.options:
        return field
    options: dict[str, Any] = {**field.options, "result": "decimal", "reads": []}
    return replace(field, options=options)
