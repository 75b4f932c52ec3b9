"""The wizard (A4): a few answers become a whole workflow, looked at before it is made.

Saved data tasks on a schedule, or a text campaign to whoever meets a condition. What it makes is an ordinary
workflow, which opens in the editor. Publishing a list needs none: a published list is always as of now
(records/feeds.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Catalog, Module, load_catalog
from whereupon.outbox.settings import load_settings
from whereupon.people.rights import Rights
from whereupon.runs.definitions import organisation_time_zone
from whereupon.runs.review import Records, caps_of, records_now, steps_of
from whereupon.sdk.timetable import times_after
from whereupon.triggers.schedule import ScheduleConfig
from whereupon.workflows import quotas, store, task_schedules
from whereupon.workflows.advice import Said
from whereupon.workflows.check import Surroundings
from whereupon.workflows.document import START
from whereupon.workflows.drafting import Checked, check_draft, readable, trigger_words
from whereupon.workflows.plan import Plan, make_plan

NEXT_TIMES = 5


class Answers(BaseModel):
    """What every kind asks. `start`: the configuration of the trigger "schedule"."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, pattern=r"\S", description="[Module] — Action")
    description: str = Field("", max_length=5_000)
    category: Literal["customer", "admin", "finance"] | None = None
    start: dict[str, Any] = Field(description="When, as the trigger “schedule” has it.")


class TasksOnSchedule(Answers):
    """Saved data tasks, one after the other; what becomes of one does not concern the next."""

    kind: Literal["data_tasks"]
    tasks: list[str] = Field(min_length=1, max_length=task_schedules.MOST_TASKS)


class TextCampaign(Answers):
    """A text message to every record that meets a condition at that time. `once`: to each only one, ever."""

    kind: Literal["text_campaign"]
    module: str = Field(min_length=1, max_length=100)
    where: dict[str, Any] | None = Field(None, description="A condition; null: all records.")
    message: dict[str, Any] = Field(description="To whom and what, as the block “send_text” has it.")
    once: bool = False


Wish = Annotated[TasksOnSchedule | TextCampaign, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Summary:
    """What would be made, in words; nothing of it is kept. Without problems it may be active at once."""

    workflow: store.NewWorkflow
    trigger: str
    time_zone: str
    next_times: list[datetime]
    steps: list[tuple[str, str, str]]
    records: Records
    caps: list[str]
    checked: Checked
    quotas: dict[str, Any]


async def summarise(db: Connection, rights: Rights, wish: Wish) -> Summary:
    """Look at it before it is made. Raises Refused, and Invalid for what can be no workflow at all."""
    rights.require_builder()
    catalog, zone = await load_catalog(db), await organisation_time_zone(db)
    new = await compose(db, catalog, wish)
    around = Surroundings(catalog, catalog.modules.get(new.module or ""), rights, zone)
    raw: Mapping[str, Any] = new.document or {}
    document = readable(raw)[0]
    plan = make_plan(document)
    return Summary(
        workflow=new,
        trigger=trigger_words(plan, around),
        time_zone=document.settings.time_zone or zone,
        next_times=await next_times(db, plan, document.settings.time_zone or zone),
        steps=list(steps_of(plan, around)),
        records=await records_now(db, around, None, document) if new.module else Records(),
        caps=caps_of((await load_settings(db))[1], plan),
        checked=check_draft(raw, around, Said(new.name, new.description)),
        quotas=await quotas.shown(db),
    )


async def next_times(db: Connection, plan: Plan, zone: str) -> list[datetime]:
    """When it would start next; none for a schedule that is not filled in."""
    config = plan.start.config if plan.start else None
    if not isinstance(config, ScheduleConfig):
        return []
    now: datetime = await db.fetchval("SELECT clock_timestamp()")
    return list(islice(times_after(config.timetable(), zone, now), NEXT_TIMES))


async def finish(db: Connection, rights: Rights, wish: Wish, *, activate: bool) -> Mapping[str, Any]:
    """Make the workflow, as a draft or active at once. Raises Invalid, Conflict, Refused."""
    rights.require_builder()
    new = await compose(db, await load_catalog(db), wish)
    made = await store.create_workflow(db, rights, new)
    if activate:
        await store.publish(db, rights, made["key"], note="Made with the wizard")
    return await store.get_workflow(db, made["key"])


async def compose(db: Connection, catalog: Catalog, wish: Wish) -> store.NewWorkflow:
    """The workflow that answers a wish."""
    match wish:
        case TasksOnSchedule():
            names = await task_schedules.names_of(db, wish.tasks)
            tasks = [(key, names[key]) for key in wish.tasks]
            return _named(wish, None, task_schedules.task_document(wish.start, tasks))
        case TextCampaign():
            module = _module(catalog, wish.module)
            return _named(wish, module.key, _campaign(wish))


def _named(wish: Wish, module: str | None, document: dict[str, Any]) -> store.NewWorkflow:
    said = {"name": wish.name.strip(), "description": wish.description, "category": wish.category}
    return store.NewWorkflow.model_validate({**said, "module": module, "document": document})


def _campaign(wish: TextCampaign) -> dict[str, Any]:
    start: dict[str, Any] = {**wish.start, "trigger": task_schedules.TRIGGER, "each_record": True}
    if wish.where is not None:
        start["filter"] = wish.where
    return {
        "format": 1,
        "nodes": [
            {"key": START, "block": START, "config": start},
            {"key": "text", "block": "send_text", "label": "Text message", "config": wish.message},
        ],
        "edges": [{"from": START, "port": "next", "to": "text"}],
        "settings": {"recurrence": "first_time"} if wish.once else {},
    }  # fmt: skip


def _module(catalog: Catalog, key: str) -> Module:
    found = catalog.modules.get(key)
    if found is None:
        raise Invalid.of(Problem("unknown_module", f'There is no module "{key}".', "/module"))
    return found
