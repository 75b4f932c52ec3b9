"""What the workflow editor asks while somebody draws: nothing of it is saved. For builders."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from whereupon.api.call import Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.problems import FieldProblem
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Anything
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.runs.definitions import organisation_time_zone
from whereupon.workflows.advice import Said
from whereupon.workflows.check import Surroundings
from whereupon.workflows.drafting import DraftNode, check_draft, readable
from whereupon.workflows.plan import make_plan
from whereupon.workflows.preview import Kind, preview
from whereupon.workflows.variables import Names, as_json, variables

router = routes_of("editor", "/workflows")


class Draft(BaseModel):
    """A workflow as it is drawn just now, whatever is missing in it."""

    model_config = ConfigDict(extra="forbid")

    document: dict[str, Any]
    module: str | None = Field(None, max_length=100, description="The key of the module that it watches.")


class DraftToCheck(Draft):
    """What is said beside the drawing is looked at when it is sent."""

    name: str | None = Field(None, max_length=200)
    description: str | None = Field(None, max_length=5_000)


class DraftProblem(FieldProblem):
    """What stands against publishing. `node`: the key of the node that it is about."""

    node: str | None


class AdviceOut(Out):
    """What could be better. `node`: the key of the node that it is about."""

    code: str
    message: str
    suggestion: str
    node: str | None


class Port(Out):
    """One exit of a node."""

    key: str
    label: str


class DraftNodeOut(Out):
    """A node as it is drawn. `outputs`: name → type, in words. `modules`: JSON pointer into the document →
    key of the module that the part is about; with "/*", of the records that its values come from."""

    key: str
    ports: list[Port]
    summary: str
    outputs: dict[str, str]
    modules: dict[str, str]
    module: str | None = Field(description="Of the record that it works on: in a loop, of the item.")


class CheckedDraft(Out):
    """Everything that is known of a draft. Without problems it may be published."""

    problems: list[DraftProblem]
    advice: list[AdviceOut]
    nodes: list[DraftNodeOut]


class AtNode(Draft):
    """A node of the draft. `path`: the names below this one; none: the first level."""

    node: str = Field(max_length=100)
    path: str = Field("", max_length=300, description="As a variable gives it.", examples=["account"])


class VariableOut(Out):
    """One name. `path`: ask for it to see what is below. `template`, `formula`: how it is written there;
    null where it cannot be used. `field_type`: of a field."""

    name: str
    label: str
    type: str
    group: str
    field_type: str | None
    expandable: bool
    path: str | None
    template: str | None
    formula: str | None


class Variables(Out):
    """Every name of one level."""

    items: list[VariableOut]


KINDS: tuple[Kind, ...] = ("text", "html", "formula", "value", "condition")


class ToPreview(Draft):
    """Exactly one of text, html, formula, value and condition, as it would stand at the node."""

    node: str = Field(max_length=100)
    record_id: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    text: str | None = Field(None, max_length=200_000)
    html: str | None = Field(None, max_length=200_000)
    formula: str | None = Field(None, max_length=10_000)
    value: Any = None
    condition: dict[str, Any] | None = None

    @model_validator(mode="after")
    def one_kind(self) -> ToPreview:
        if sum(kind in self.model_fields_set for kind in KINDS) != 1:
            raise ValueError(f"send exactly one of {', '.join(KINDS)}")
        return self

    @property
    def kind(self) -> Kind:
        return next(kind for kind in KINDS if kind in self.model_fields_set)


class Preview(Out):
    """The text, or the value as it reads, with its type; for a condition, whether it held and why.

    Outputs of earlier blocks are shown as ‹node.output›, and are missing in formulas and conditions.
    """

    rendered: str | None
    type: str | None
    held: bool | None
    explained: Anything | None


async def surroundings(call: Call, db: Connection, module: str | None) -> Surroundings:
    """What a draft is checked against. Raises Invalid for an unknown module."""
    catalog = await call.catalog(db)
    if module is not None and module not in catalog.modules:
        near = did_you_mean(module, catalog.modules)
        raise Invalid.of(Problem("unknown_module", f'There is no module "{module}".', "/module", near))
    zone = await organisation_time_zone(db)
    return Surroundings(catalog, catalog.modules[module] if module else None, call.rights, zone)


@router.post("/check", **operation("check_workflow", CheckedDraft, summary="What is known of a draft."))
async def check_workflow(call: TheCall, body: DraftToCheck) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        around = await surroundings(call, db, body.module)
        found = check_draft(body.document, around, Said(body.name, body.description))
        return {
            "problems": [problem.as_json() | {"node": node} for problem, node in found.problems],
            "advice": found.advice,
            "nodes": [node_as_json(node) for node in found.nodes],
        }

    return await call.read(work)


def node_as_json(node: DraftNode) -> dict[str, Any]:
    """As the API gives it."""
    ports = [{"key": key, "label": label} for key, label in zip(node.ports, node.labels, strict=True)]
    return {
        "key": node.key, "ports": ports, "summary": node.summary, "outputs": node.outputs,
        "modules": node.modules, "module": node.module,
    }  # fmt: skip


async def names_at(call: Call, db: Connection, body: Draft, node: str) -> Names:
    """What names mean at a node of the draft, to its runs. Raises Invalid for an unknown node."""
    around = await surroundings(call, db, body.module)
    plan = make_plan(readable(body.document)[0])
    keys = [one.key for one in plan.document.nodes]
    if node not in keys:
        raise Invalid.of(
            Problem("unknown_node", f'There is no node "{node}".', "/node", did_you_mean(node, keys))
        )
    return Names(around.scope(plan, node), plan, around.acting(plan.document).rights)


@router.post(
    "/variables",
    **operation("list_variables", Variables, summary="The names that may be used at a node.", errors=[404]),
)
async def list_variables(call: TheCall, body: AtNode) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        names = await names_at(call, db, body, body.node)
        return {"items": [as_json(one) for one in variables(names, body.path)]}

    return await call.read(work)


@router.post(
    "/preview",
    **operation("preview_content", Preview, summary="What a text or value gives for a record.", errors=[404]),
)
async def preview_content(call: TheCall, body: ToPreview) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        names = await names_at(call, db, body, body.node)
        content = getattr(body, body.kind)
        return await preview(db, names.rights, names.scope, body.kind, content, body.record_id)

    return await call.read(work, bounded=True)
