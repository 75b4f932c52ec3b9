"""What a pack holds: modules, people, sample records and workflows, read from the files of its folder.

The folder is the pack; one that has a pack.yaml is found by itself. Nothing here touches the database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from whereupon.errors import Invalid, NotFound, Problem, did_you_mean
from whereupon.modules.definitions import FieldIn, ModuleIn
from whereupon.people.roles import ModuleRights

P = TypeVar("P", bound=BaseModel)


class Part(BaseModel):
    """The base of every part of a pack: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LateField(FieldIn):
    """A field that reads other modules, added when all are there."""

    module: str


class TableIn(Part):
    """A table to attach, and what it is called here."""

    table: str
    key: str
    label: str
    label_plural: str
    title_field: str | None = None
    description: str = ""


class OlderDatabase(Part):
    """Tables that another program made: a script sets them up once, then they are attached as they are."""

    schema_name: str = Field(alias="schema")
    script: str = Field(description="SQL file of the folder, run with that schema as search path.")
    tables: list[TableIn] = Field(
        description="In this order; a reference leads to one named before, or to itself."
    )


class About(Part):
    """pack.yaml: what the pack is for."""

    name: str
    description: str
    older_database: OlderDatabase | None = None


class Modules(Part):
    """modules.yaml."""

    modules: list[ModuleIn] = []
    late_fields: list[LateField] = []


class RoleIn(Part):
    """A role and what it gives in the pack's modules."""

    key: str
    name: str
    modules: dict[str, ModuleRights]


class PersonIn(Part):
    """A sample person; `manager` is the e-mail address of one named before."""

    email: str
    name: str
    phone: str | None = None
    manager: str | None = None
    locale: str | None = None
    roles: list[str] = []
    groups: list[str] = []


class GroupIn(Part):
    """A group of people."""

    key: str
    name: str


class People(Part):
    """people.yaml. Groups first, then roles, then the people in them."""

    groups: list[GroupIn] = []
    roles: list[RoleIn] = []
    people: list[PersonIn] = []


class RecordIn(Part):
    """A sample record. `ref` names it for others: {ref: maria}; {user: e-mail}; {today: -30} is a date."""

    module: str
    ref: str | None = None
    by: str | None = Field(
        None, description="E-mail address of whoever enters it; none: whoever loads the pack."
    )
    values: dict[str, Any]


class Records(Part):
    """records.yaml."""

    records: list[RecordIn] = []


class WorkflowIn(Part):
    """workflows/*.yaml: one workflow, published when the pack is loaded."""

    key: str
    name: str = Field(pattern=r"^\[[^\]]+\] — \S.*$", description="[Module] — Action")
    description: str
    category: Literal["customer", "admin", "finance"]
    module: str
    scenario: int = Field(description="Which of the product's scenarios it is.")
    document: dict[str, Any]


class Pack(Part):
    """A whole pack, as its files say."""

    key: str
    about: About
    modules: Modules
    people: People
    records: Records
    workflows: list[WorkflowIn]


class PlainLoader(yaml.SafeLoader):
    """YAML without its surprises: `no` and `2026-01-31` are texts."""


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for word in ("true", "false"):
    truth = ("tag:yaml.org,2002:bool", re.compile(f"^{word}$"))
    PlainLoader.yaml_implicit_resolvers.setdefault(word[0], []).append(truth)


def pack_keys() -> list[str]:
    """The packs that there are, by name of their folder."""
    folder = files("whereupon.packs")
    return sorted(entry.name for entry in folder.iterdir() if (entry / "pack.yaml").is_file())


def read_pack(key: str) -> Pack:
    """Raises NotFound with the nearest name, Invalid naming the file and the place in it."""
    if key not in pack_keys():
        raise NotFound(f'There is no pack "{key}".', suggestion=did_you_mean(key, pack_keys()))
    folder = files("whereupon.packs") / key
    workflows = sorted((f for f in (folder / "workflows").iterdir()), key=lambda f: f.name)
    return Pack(
        key=key,
        about=read_file(folder / "pack.yaml", About),
        modules=read_file(folder / "modules.yaml", Modules),
        people=read_file(folder / "people.yaml", People),
        records=read_file(folder / "records.yaml", Records),
        workflows=[read_file(file, WorkflowIn) for file in workflows if file.name.endswith(".yaml")],
    )


def read_file(file: Traversable, model: type[P]) -> P:
    """One file as its model; a file that is not there is an empty one."""
    raw: Any = yaml.load(file.read_text("utf-8"), PlainLoader) if file.is_file() else {}
    return read_part(raw or {}, model, file.name)


def read_part(raw: Mapping[str, Any], model: type[P], name: str) -> P:
    """The model, or Invalid naming every wrong place of the file."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        problems = [Problem(f["type"], f["msg"], "".join(f"/{part}" for part in f["loc"])) for f in found]
        raise Invalid(f"{name} of the pack is not valid.", problems=problems) from None


def script_of(key: str, older: OlderDatabase) -> str:
    """The SQL that makes an older database."""
    return (files("whereupon.packs") / key / older.script).read_text("utf-8")
