"""What a definition asks for, worked out and checked before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from whereupon.errors import Invalid, Refused
from whereupon.modules.catalog import Catalog, Field, Module
from whereupon.modules.checks import Checked, check_field, check_named_field, check_texts
from whereupon.modules.definitions import FieldChange, FieldIn, ModuleChange, ModuleIn, describe_field
from whereupon.modules.field_types import FIELD_TYPES
from whereupon.modules.names import check_key, label_from
from whereupon.modules.rows import system_fields, with_module

TITLE_TYPES = (
    *("text", "email", "auto_number", "select", "stage", "phone", "url", "long_text"),
    *("integer", "date", "formula"),
)
LOOKS = frozenset({"label", "description", "position"})  # what may be changed of any field


def plan_module(catalog: Catalog, wanted: ModuleIn, parent_field: str | None = None) -> Module:
    """The module as it will stand, without ids. Raises Invalid naming every fault at once."""
    module = bare_module(wanted, parent_field)
    future = with_module(catalog, module)  # it may refer to itself
    taken: set[str] = set()
    checked: list[Checked] = []
    for index, field in enumerate(wanted.fields):
        checked.append(check_field(future, field, f"/fields/{index}", taken, index + 10))
        taken.add(field.key)
    fields = {f.key: f for f in (*system_fields(), *(c.field for c in checked))}
    problems = check_key(wanted.key, "/key", catalog.modules, of_field=False)
    problems += [*check_texts(wanted, ""), *(p for c in checked for p in c.problems)]
    problems += check_named_field(fields, wanted.title_field, TITLE_TYPES, "/title_field")
    problems += check_named_field(fields, wanted.owner_field, ("user",), "/owner_field")
    if problems:
        raise Invalid.of(*problems)
    return replace(module, fields=fields, title_field=wanted.title_field or first_title(fields))


def bare_module(wanted: ModuleIn, parent_field: str | None) -> Module:
    label = wanted.label or label_from(wanted.key)
    return Module(
        id=0,
        key=wanted.key,
        label=label,
        label_plural=wanted.label_plural or label,
        schema="data",
        table=wanted.key,
        key_columns=("id",),
        key_type="bigint",
        attached=False,
        read_only=False,
        system=False,
        captured=True,
        title_field=None,
        owner_field=wanted.owner_field,
        parent_field=parent_field,
        fields={},
        description=wanted.description,
    )


def first_title(fields: Mapping[str, Field]) -> str | None:
    """The field that names a record when nobody said which."""
    candidates = (
        f.key for kind in ("text", "auto_number", "email") for f in fields.values() if f.type == kind
    )
    return next(candidates, None)


def plan_module_change(catalog: Catalog, module: Module, change: ModuleChange) -> Module:
    """The module with its new labels, key and named fields. Raises Invalid."""
    given = change.model_dump(exclude_unset=True)
    new = replace(module, **{k: v for k, v in given.items() if v is not None or k.endswith("_field")})
    problems = list(check_texts(change, ""))
    if "title_field" in given:  # an attached table's title may be what nobody would choose: a reference
        problems += check_named_field(module.fields, new.title_field, TITLE_TYPES, "/title_field")
    if "owner_field" in given:
        problems += check_named_field(module.fields, new.owner_field, ("user",), "/owner_field")
    if new.key != module.key:
        problems += check_key(new.key, "/key", catalog.modules, of_field=False)
    if problems:
        raise Invalid.of(*problems)
    return new


def plan_change(catalog: Catalog, module: Module, old: Field, change: FieldChange) -> Field:
    """The field as it will stand, checked as a new one would be. Raises Invalid or Refused."""
    given = change.model_dump(exclude_unset=True)
    refuse_fixed(module, old, given)
    problems = list(check_texts(change, ""))
    position = old.position if change.position is None else change.position
    if (
        old.system
        or (module.attached and old.column)
        or old.type == "line_items"
        or old.key == module.parent_field
    ):
        new = replace(old, label=change.label or old.label, position=position)
        new = new if change.description is None else replace(new, description=change.description)
    else:
        kept = {k: v for k, v in describe_field(old).items() if k in FieldIn.model_fields}
        asked = {k: v for k, v in given.items() if v is not None and k in FieldIn.model_fields}
        wanted = FieldIn.model_validate({**kept, **asked, "options": merged_options(old, change)})
        checked = check_field(catalog, wanted, "", set(module.fields) - {old.key}, position)
        new, problems = replace(checked.field, id=old.id), [*problems, *checked.problems]
    if problems:
        raise Invalid.of(*problems)
    return new


def merged_options(old: Field, change: FieldChange) -> dict[str, Any]:
    """Old options where the (new) type has them, overlaid by what was sent; null takes one away."""
    kind = FIELD_TYPES.get(change.type or old.type)
    known = kind.options.model_fields if kind else {}
    merged = {k: v for k, v in old.options.items() if k in known} | (change.options or {})
    return {k: v for k, v in merged.items() if v is not None}


def refuse_fixed(module: Module, field: Field, given: Mapping[str, Any]) -> None:
    """Raises Refused where only the looks of a field may be changed."""
    if not set(given) - LOOKS:
        return
    if field.system or module.system:
        raise Refused(f'"{field.key}" belongs to every record; only its label can be changed.')
    if field.key == module.parent_field:
        raise Refused(f'"{field.key}" leads from a line to its record; only its label can be changed.')
    if field.type == "line_items":
        raise Refused(
            f'Of the line items "{field.key}" only the label can be changed.',
            suggestion=f'Change the fields of the module "{field.options.get("target")}".',
        )
    if module.attached and field.column:
        raise Refused(
            f'"{module.key}" is a table that was here before Whereupon; it is never altered.',
            suggestion="Change the column there, then attach the table again.",
        )
