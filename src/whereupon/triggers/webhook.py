"""B8: a workflow starts when another program sends JSON to its own secret address.

What the JSON must hold is declared: each part becomes a variable of the run, `trigger.<name>`. It may
find the record that it is about, or create it; without a module the run has no record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, cast

from pydantic import Field, model_validator

from whereupon.conditions.tree import Value
from whereupon.conditions.values import (
    BOOLEAN,
    BROUGHT,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    JSON,
    TEXT,
    Scope,
    ValueType,
)
from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.modules.catalog import Field as ModuleField
from whereupon.modules.catalog import Module
from whereupon.modules.field_types import BadValue, accept_value
from whereupon.sdk.block import Config
from whereupon.sdk.fields import Shown
from whereupon.sdk.trigger import Trigger
from whereupon.sdk.writing import check_assignments

MOST_VARIABLES = 100
LONGEST = 100_000  # characters of one text that arrives
KINDS: Mapping[str, ValueType] = {
    "text": TEXT, "email": TEXT, "phone": TEXT, "url": TEXT, "integer": INTEGER, "decimal": DECIMAL,
    "boolean": BOOLEAN, "date": DATE, "datetime": DATETIME, "json": JSON,
}  # fmt: skip
KIND_LABELS = {
    "text": "Text", "email": "Email address", "phone": "Phone number", "url": "Web address",
    "integer": "Whole number", "decimal": "Number", "boolean": "Yes or no", "date": "Date",
    "datetime": "Date and time", "json": "Structured data",
}  # fmt: skip


class Arrives(Config):
    """One part of the JSON, and the variable that it becomes."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,58}$",
        title="Name",
        description="As blocks use it: trigger.email. Small letters, digits and underscores.",
    )
    type: Annotated[
        Literal["text", "email", "phone", "url", "integer", "decimal", "boolean", "date", "datetime", "json"],
        Shown(labels=KIND_LABELS),
    ] = Field("text", title="What it is")
    path: str = Field(
        "",
        max_length=300,
        title="Where in the JSON",
        description="Like contact.email or lines.0.price; empty: the name itself, at the top.",
    )
    required: bool = Field(False, title="Must be there")

    @property
    def steps(self) -> list[str]:
        """The keys that lead to it. With a slash in front, as a JSON pointer has them."""
        if self.path.startswith("/"):
            parts = self.path[1:].split("/")
            return [part.replace("~1", "/").replace("~0", "~") for part in parts]
        return (self.path or self.name).split(".")

    @property
    def pointer(self) -> str:
        return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in self.steps)


class WebhookConfig(Config):
    """What arrives, and which record it is about."""

    variables: list[Arrives] = Field(
        default_factory=list[Arrives],
        max_length=MOST_VARIABLES,
        title="What arrives",
        description="The parts of the JSON that blocks may use.",
    )
    set: Annotated[dict[str, Value], Shown("assignments")] = Field(
        default_factory=dict,
        max_length=500,
        title="Values of the record",
        description="What each field of the record gets from what arrives.",
    )
    match: Annotated[str | None, Shown("field")] = Field(
        None,
        title="Find the record by",
        description="The field in which a record has the value above. None: a new record every time.",
    )
    found: Annotated[
        Literal["keep", "update"],
        Shown(
            when={"match": True},
            labels={"keep": "Leave it as it is", "update": "Fill in the values that arrive"},
        ),
    ] = Field("keep", title="When it is found")
    missing: Annotated[
        Literal["create", "refuse"],
        Shown(when={"match": True}, labels={"create": "Create it", "refuse": "Refuse what was sent"}),
    ] = Field("create", title="When there is none")

    @model_validator(mode="after")
    def names_are_different(self) -> WebhookConfig:
        names = [one.name for one in self.variables]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f'there are two variables "{twice[0]}"')
        return self


class Webhook(Trigger[WebhookConfig]):
    """The address is made beside the workflow, and only its holder can start it."""

    key = "webhook"
    label = "Another program sends data"
    description = (
        "Starts when another program sends JSON to the workflow's secret address: a web form, a shop, a "
        "telephone system."
    )
    Config = WebhookConfig
    examples = (
        {
            "variables": [
                {"name": "name", "required": True},
                {"name": "email", "type": "email", "path": "contact.email", "required": True},
                {"name": "amount", "type": "decimal"},
            ],
            "set": {
                "name": {"field": "trigger.name"},
                "email": {"field": "trigger.email"},
                "amount": {"field": "trigger.amount"},
            },
            "match": "email",
        },
    )

    def check(self, config: WebhookConfig, scope: Scope) -> list[Problem]:
        module = scope.module
        if module is None:
            wrong = {"set": bool(config.set), "match": config.match is not None}
            return [
                Problem("no_record", "The workflow has no module, so there is no record.", f"/{name}",
                        "Choose the workflow's module, or leave this empty.")
                for name, given in wrong.items() if given
            ]  # fmt: skip
        if not config.set:
            told = f"What arrives must say which record of {module.label_plural} it is about."
            advice = "Give at least one field a value, or take the module away from the workflow."
            return [Problem("missing", told, "/set", advice)]
        found = check_assignments(config.set, module, before_the_record(config, scope), "/set")
        return found + _check_match(config, module) + _check_whole(config, module)

    def reads(self, config: WebhookConfig, scope: Scope) -> frozenset[str]:
        module = scope.module
        return frozenset({f"{module.key}.{config.match}"}) if module and config.match else frozenset()

    def writes(self, config: WebhookConfig, scope: Scope) -> frozenset[str]:
        module = scope.module
        if module is None or (config.match and (config.found, config.missing) == ("keep", "refuse")):
            return frozenset()
        new = frozenset({module.key}) if creates(config) else frozenset[str]()
        return new | {f"{module.key}.{key}" for key in config.set}

    def brings(self, config: WebhookConfig) -> Mapping[str, ValueType]:
        return {one.name: KINDS[one.type] for one in config.variables}

    def sentence(self, config: WebhookConfig, scope: Scope) -> str:
        about = f" about a record of {scope.module.label_plural}" if scope.module else ""
        return f"another program sends data{about}"


def creates(config: WebhookConfig) -> bool:
    """Whether records may come to be."""
    return config.match is None or config.missing == "create"


def before_the_record(config: WebhookConfig, scope: Scope) -> Scope:
    """What names mean while the record is being looked for: what arrived, and nothing of the record."""
    return replace(scope, module=None, old=None, op=None, outputs=_only_brought(config), data="r.data")


def _only_brought(config: WebhookConfig) -> dict[str, Mapping[str, ValueType]]:
    return {BROUGHT: {one.name: KINDS[one.type] for one in config.variables}}


def _check_match(config: WebhookConfig, module: Module) -> list[Problem]:
    if config.match is None:
        return []
    field = module.fields.get(config.match)
    if field is None:
        told = f'{module.label} has no field "{config.match}".'
        return [Problem("unknown_field", told, "/match", did_you_mean(config.match, module.fields))]
    if field.column is None or field.type in NO_KEYS:
        told = f"A record cannot be found by {field.label}."
        return [Problem("wrong_type", told, "/match", "Choose a field that tells records apart.")]
    if config.match not in config.set:
        told = f"{field.label} gets no value from what arrives, so nothing can be found by it."
        return [Problem("missing", told, "/match", "Give it a value above.")]
    return []


NO_KEYS = ("multi_select", "file", "line_items", "formula", "long_text", "rich_text")


def _check_whole(config: WebhookConfig, module: Module) -> list[Problem]:
    """Required fields that a new record would lack."""
    if not creates(config):
        return []
    return [
        Problem("missing", f'"{field.label}" of {module.label} is required.', "/set",
                f'Give "{field.key}" a value.')
        for field in module.fields.values()
        if field.required and field.key not in config.set and not _fills_itself(field)
    ]  # fmt: skip


def _fills_itself(field: ModuleField) -> bool:
    made = field.type in ("auto_number", "formula", "line_items")
    return made or field.read_only or field.system or field.options.get("default") is not None


# Reading what arrived --------------------------------------------------------------------------------


def read_variables(config: WebhookConfig, payload: Any) -> dict[str, Any]:
    """Variable → value, as a run carries it. Raises Invalid naming every part that is missing or wrong."""
    if not isinstance(payload, dict):
        raise Invalid.of(Problem("not_an_object", "A JSON object is expected: {…}."))
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for one in config.variables:
        try:
            found[one.name] = _value(one, _at(cast(Any, payload), one.steps))
        except BadValue as bad:
            problems.append(bad.at(one.pointer))
    if problems:
        raise Invalid.of(*problems)
    return found


def _at(value: Any, steps: Sequence[str]) -> Any:
    """What stands there; None where nothing does."""
    for step in steps:
        match value:
            case dict():
                value = cast("dict[str, Any]", value).get(step)
            case list() if step.isascii() and step.isdigit() and len(step) < 7:
                items = cast("list[Any]", value)
                value = items[int(step)] if int(step) < len(items) else None
            case _:
                return None
    return value


def _value(one: Arrives, value: Any) -> Any:
    """Raises BadValue."""
    if one.type == "json":
        accepted = value
    else:
        options = {"max_length": LONGEST} if one.type == "text" else {}
        accepted = accept_value(ModuleField(0, one.name, one.name, one.type, None, options=options), value)
    if accepted is None and one.required:
        raise BadValue("required", f'"{one.name}" must be there and have a value.')
    return accepted
