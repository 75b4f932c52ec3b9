"""Is this definition acceptable? Every fault of a field at once, before anything is written."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from whereupon.errors import Problem, did_you_mean
from whereupon.modules.catalog import Catalog, Field
from whereupon.modules.ddl import DYNAMIC, INDEXABLE_LENGTH
from whereupon.modules.definitions import FieldIn, problems_of
from whereupon.modules.field_types import BadValue, accept_value, field_type
from whereupon.modules.names import check_key, label_from, shown

WITHOUT_INDEX = frozenset({"long_text", "rich_text", "formula", "line_items"})
WITHOUT_UNIQUE = WITHOUT_INDEX | {"multi_select", "boolean"}
SELF_MADE = frozenset({"auto_number", "formula", "line_items"})
INDEXED_ANYWAY = frozenset({"reference", "user", "file"})


@dataclass(frozen=True, slots=True)
class Checked:
    """A field as it will stand, and what is wrong with it."""

    field: Field
    problems: tuple[Problem, ...]


def check_field(
    catalog: Catalog, wanted: FieldIn, path: str, taken: Container[str], position: int
) -> Checked:
    """`taken`: keys that the module has already; `path`: where the field stands in what was sent."""
    options, problems = check_options(wanted, path)
    problems = [*check_key(wanted.key, f"{path}/key", taken, of_field=True), *problems]
    problems += check_texts(wanted, path)
    field = Field(
        id=0,
        key=wanted.key,
        label=wanted.label or label_from(wanted.key),
        type=wanted.type,
        column=None if wanted.type in ("formula", "line_items") else wanted.key,
        required=wanted.required,
        unique=wanted.unique or wanted.type == "auto_number",
        indexed=wanted.indexed or wanted.type in INDEXED_ANYWAY,
        read_only=wanted.type in ("auto_number", "formula"),
        options=options,
        position=position,
        description=wanted.description,
    )
    return Checked(field, tuple(problems or check_meaning(catalog, field, path)))


def check_options(wanted: FieldIn, path: str) -> tuple[dict[str, Any], list[Problem]]:
    """The options as stored: defaults filled in, nulls left out."""
    try:
        model = field_type(wanted.type).options
    except BadValue as bad:
        return {}, [bad.at(f"{path}/type")]
    given = dict(wanted.options)
    if wanted.type == "text" and (wanted.unique or wanted.indexed):
        given.setdefault("max_length", INDEXABLE_LENGTH)
    try:
        return model.model_validate(given).model_dump(exclude_none=True), []
    except ValidationError as error:
        return {}, problems_of(error, model, f"{path}/options")


def check_texts(wanted: Any, path: str) -> Iterator[Problem]:
    """Labels and descriptions must be storable too."""
    for name in ("label", "label_plural", "description"):
        text: str = getattr(wanted, name, None) or ""
        if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
            yield Problem("bad_character", "This holds a character that cannot be stored.", f"{path}/{name}")


def check_meaning(catalog: Catalog, field: Field, path: str) -> Iterator[Problem]:
    if field.unique and field.type in WITHOUT_UNIQUE:
        yield Problem("cannot_be_unique", f"A {field.type} field cannot be unique.", f"{path}/unique")
    if field.indexed and field.type in WITHOUT_INDEX:
        yield Problem("cannot_be_indexed", f"A {field.type} field cannot be indexed.", f"{path}/indexed")
    if field.required and field.type in SELF_MADE:
        yield Problem("cannot_be_required", f"A {field.type} field cannot be required.", f"{path}/required")
    searched = field.type not in WITHOUT_INDEX and (field.unique or field.indexed)
    if searched and field.options.get("max_length", 0) > INDEXABLE_LENGTH:
        limit = f"Text to search by or unique may have {INDEXABLE_LENGTH} characters at most."
        yield Problem("too_long_for_index", limit, f"{path}/options/max_length")
    yield from check_target(catalog, field, path)
    yield from check_default(field, f"{path}/options/default")


def check_target(catalog: Catalog, field: Field, path: str) -> Iterator[Problem]:
    if field.type != "reference":
        return
    target, where = str(field.options["target"]), f"{path}/options/target"
    if target not in catalog.modules:
        near = did_you_mean(target, catalog.modules)
        yield Problem("unknown_module", f'There is no module "{shown(target)}".', where, near)
    elif len(catalog.modules[target].key_columns) != 1:
        yield Problem("no_single_key", f'"{target}" has no single key, so nothing can refer to it.', where)
    if field.required and field.options.get("on_delete") == "set_null":
        text = "A required reference cannot be emptied when the other record is deleted."
        way_out = 'Choose "restrict" or "cascade".'
        yield Problem("required_and_set_null", text, f"{path}/options/on_delete", way_out)


def check_default(field: Field, path: str) -> Iterator[Problem]:
    match field.options.get("default"):
        case None:
            return
        case {"dynamic": str(word), **rest} if not rest:
            if word not in DYNAMIC:
                told = f'"{shown(word)}" is no default.'
                yield Problem("unknown_default", told, path, did_you_mean(word, DYNAMIC))
            elif field.type not in DYNAMIC[word]:
                told = f'"{word}" is no value for a field of type {field.type}.'
                yield Problem("wrong_type", told, path)
        case value:
            try:
                accept_value(field, value)
            except BadValue as bad:
                yield bad.at(path)


def check_named_field(
    fields: Mapping[str, Field], key: str | None, types: Container[str], path: str
) -> list[Problem]:
    """The title or owner field must exist and be of a type that can say that."""
    if key is None:
        return []
    if key not in fields:
        told = f'There is no field "{shown(key)}".'
        return [Problem("unknown_field", told, path, did_you_mean(key, fields))]
    if fields[key].type not in types:
        told = f'"{key}" is a {fields[key].type} field, which cannot be used here.'
        return [Problem("wrong_type", told, path)]
    return []
