"""What a pack holds: modules, people, sample records and workflows, read from the files of its folder.

The folder is the pack; one of ours with a pack.yaml is found by itself. Nothing here touches the database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from whereupon.errors import Invalid, NotFound, Problem, did_you_mean
from whereupon.modules.definitions import FieldIn, ModuleIn
from whereupon.packs.faults import faults_of
from whereupon.packs.kinds import kinds
from whereupon.packs.samples import SampleIn
from whereupon.packs.strict_yaml import read_yaml
from whereupon.people.organisation import Weekday
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


class HoursIn(Part):
    """Somebody's hours on duty, on some weekdays; the person by address."""

    person: str
    weekdays: list[Weekday]
    start: str = "09:00"
    end: str = "17:00"


class DutyIn(Part):
    """Who of a group is on duty when; `otherwise`: who is when nobody else is."""

    hours: list[HoursIn] = []
    otherwise: str | None = None


class GroupIn(Part):
    """A group of people, and who of it is on duty when."""

    key: str
    name: str
    duty: DutyIn | None = None


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


class Samples(Part):
    """samples.yaml: records by the hundred, drawn by a seed."""

    samples: list[SampleIn] = []


class WorkflowIn(Part):
    """workflows/*.yaml: one workflow, published when the pack is loaded."""

    key: str
    name: str = Field(pattern=r"^\[[^\]]+\] — \S.*$", description="[Module] — Action")
    description: str
    category: Literal["customer", "admin", "finance"]
    module: str
    scenario: int | None = Field(None, description="Which of the product's scenarios it is.")
    document: dict[str, Any]


class Pack(Part):
    """A whole pack, as its files say."""

    key: str
    about: About
    modules: Modules
    people: People
    records: Records
    samples: Samples = Samples()
    workflows: list[WorkflowIn]
    more: dict[str, list[dict[str, Any]]] = Field(
        default={},
        description="Things of the other kinds (packs/kinds), each in a file of its kind's folder.",
    )
    folder: str | None = Field(None, description="Where it lies, if it is none of ours.")
    file: str | None = Field(None, description="What the file was called that somebody sent.")

    def counts(self) -> dict[str, int]:
        """How much of what it brings."""
        return {
            "modules": len(self.modules.modules), "workflows": len(self.workflows),
            "people": len(self.people.people),
            "sample records": len(self.records.records) + sum(s.count for s in self.samples.samples),
        }  # fmt: skip


def pack_keys() -> list[str]:
    """The packs that there are, by name of their folder."""
    folder = files("whereupon.packs")
    return sorted(entry.name for entry in folder.iterdir() if (entry / "pack.yaml").is_file())


def read_pack(key: str) -> Pack:
    """Raises NotFound with the nearest name, Invalid naming the file and the place in it."""
    if key not in pack_keys():
        raise NotFound(f'There is no pack "{key}".', suggestion=did_you_mean(key, pack_keys()))
    return read_folder(files("whereupon.packs") / key, key)


def read_own(folder: Path) -> Pack:
    """A pack of somebody else's, from a folder of this machine. Raises NotFound, Invalid."""
    if not (folder / "pack.yaml").is_file():
        raise NotFound(f"{folder} is no pack: there is no pack.yaml in it.")
    key = own_key(folder.resolve().name)
    return read_folder(folder, key).model_copy(update={"folder": str(folder.resolve())})


def own_key(name: str) -> str:
    """The key of a pack of somebody else's, from the name of its folder. Raises Invalid.

    >>> own_key("My-Choir")
    'my_choir'
    """
    key = name.lower().replace("-", "_").replace(" ", "_")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,58}", key) or key in pack_keys():
        told = (
            f'A pack cannot be called "{key[:60]}".'
            if key not in pack_keys()
            else f'"{key}" is a pack of ours.'
        )
        raise Invalid.of(Problem("bad_name", told, "", "Rename its folder: small letters, digits and _."))
    return key


def read_folder(folder: Traversable, key: str) -> Pack:
    """What its files say. Raises Invalid naming every wrong place of every file."""
    problems: list[Problem] = []

    def part(name: str, model: type[P]) -> P:
        try:
            return read_file(folder / name, model)
        except Invalid as invalid:
            problems.extend(replace(problem, path=f"{name}#{problem.path}") for problem in invalid.problems)
            return model.model_construct()

    known = {one.folder: one for one in kinds() if one.model and one.key != "workflow"}
    more = {
        one.key: [
            part(f"{name}/{file}", cast("type[BaseModel]", one.model)).model_dump(
                mode="json", by_alias=True, exclude_unset=True
            )
            for file in yaml_files(folder / name)
        ]
        for name, one in known.items()
    }
    parts: dict[str, Any] = {
        "about": part("pack.yaml", About),
        "modules": part("modules.yaml", Modules),
        "people": part("people.yaml", People),
        "records": part("records.yaml", Records),
        "samples": part("samples.yaml", Samples),
        "workflows": [part(f"workflows/{file}", WorkflowIn) for file in yaml_files(folder / "workflows")],
    }
    if problems:
        raise Invalid(f'The pack "{key}" is not valid.', problems=problems)
    return Pack(key=key, more={kind: things for kind, things in more.items() if things}, **parts)


def yaml_files(folder: Traversable) -> list[str]:
    """Their names, sorted."""
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def read_file(file: Traversable, model: type[P]) -> P:
    """One file as its model; a file that is not there is an empty one."""
    raw: Any = read_yaml(file.read_text("utf-8"), file.name) if file.is_file() else {}
    return read_part(raw or {}, model, file.name)


def read_part(raw: Mapping[str, Any], model: type[P], name: str) -> P:
    """The model, or Invalid naming every wrong place of the file."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems = faults_of(error, model)
        raise Invalid(f"{name} of the pack is not valid.", problems=problems) from None


def script_of(key: str, older: OlderDatabase) -> str:
    """The SQL that makes an older database."""
    return (files("whereupon.packs") / key / older.script).read_text("utf-8")
