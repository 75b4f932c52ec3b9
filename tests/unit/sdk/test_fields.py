"""Every form can be drawn from its JSON schema: what the schema says of a field is true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from whereupon.sdk import registry
from whereupon.sdk.block import Config
from whereupon.sdk.fields import WIDGETS, AskedCondition, ComputedValue, Shown

FORMS = {f"block {key}": one.Config.model_json_schema() for key, one in registry.blocks().items()}
FORMS |= {f"trigger {key}": one.Config.model_json_schema() for key, one in registry.triggers().items()}
Schema = Mapping[str, Any]


def objects(form: Schema) -> Iterator[Schema]:
    """The form, and each object inside it."""
    yield form
    yield from form.get("$defs", {}).values()


def properties() -> list[Any]:
    return [
        pytest.param(part, name, one, id=f"{form} {part.get('title')}.{name}")
        for form, schema in FORMS.items()
        for part in objects(schema)
        for name, one in part.get("properties", {}).items()
    ]


@pytest.mark.parametrize(("around", "name", "found"), properties())
def test_a_field_has_a_title_in_words_and_names_only_what_is_there(
    around: Schema, name: str, found: Schema
) -> None:
    beside = around["properties"]
    made_by_pydantic = name.replace("_", " ").title()
    assert found.get("title", "$ref" in found)
    assert found.get("title", "") != made_by_pydantic or " " not in made_by_pydantic
    assert found.get("x-widget", "field") in WIDGETS
    for key in (*found.get("x-module", ()), *found.get("x-values", ()), found.get("x-field")):
        assert key is None or key in beside or key.startswith("../")
    when = found.get("x-when", {})
    for needed in when if isinstance(when, list) else [when]:
        for key, values in needed.items():
            assert values is True or set(values) <= set(beside[key]["enum"])


@pytest.mark.parametrize(("around", "name", "found"), properties())
def test_every_value_of_a_choice_has_a_label(around: Schema, name: str, found: Schema) -> None:
    if "enum" in found:
        assert sorted(found["x-labels"]) == sorted(found["enum"])


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_groups_of_which_one_is_filled_in_name_fields_of_the_form(form: Schema) -> None:
    for part in objects(form):
        for group in part.get("x-one-of", ()):
            assert group["label"]
            assert set(group["keys"]) <= set(part["properties"])


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_conditions_and_values_are_not_spelt_out(form: Schema) -> None:
    assert not {"All", "Comparison", "FieldValue"} & set(form.get("$defs", {}))


class Own(Config):
    """What another package's block may ask for."""

    condition: AskedCondition
    value: ComputedValue = None
    set: Annotated[dict[str, ComputedValue], Shown("assignments")] = Field(min_length=1)


def test_what_is_not_spelt_out_is_checked_all_the_same() -> None:
    assert Own.model_json_schema()["properties"]["set"] == {
        "type": "object", "minProperties": 1, "title": "Set", "x-widget": "assignments",
    }  # fmt: skip
    Own.model_validate({"condition": {"field": "a", "operator": "is_empty"}, "set": {"ä": 1}})
    for wrong in (
        {"condition": {"feild": "a"}, "set": {"a": 1}},
        {"condition": {"field": "a", "operator": "is_empty"}, "set": {}},
        {"condition": {"field": "a", "operator": "is_empty"}, "set": {"a": {"today": {"plus": "x"}}}},
    ):
        with pytest.raises(ValidationError):
            Own.model_validate(wrong)
