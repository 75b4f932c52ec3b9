"""Before a draft is published: what it does, what is different, and what follows (H1, H2, A11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from whereupon.conditions.compile import compile_tree
from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, Refused
from whereupon.modules.catalog import load_catalog
from whereupon.outbox.settings import Caps, load_settings
from whereupon.people.rights import Rights, require_reads
from whereupon.records.matching import Matches, find_matches
from whereupon.runs.definitions import Definitions, Version, load_definitions, organisation_time_zone
from whereupon.workflows import quotas
from whereupon.workflows.advice import Said
from whereupon.workflows.check import Surroundings
from whereupon.workflows.differences import Differences, compare
from whereupon.workflows.document import Document
from whereupon.workflows.drafting import Checked, check_draft, readable, summary_of, trigger_words
from whereupon.workflows.plan import Plan, brought, document_now, make_plan
from whereupon.workflows.store import get_workflow
from whereupon.workflows.termination import Subject, Termination, judge

MILLISECONDS = 400  # for each question about the records: there are up to eight
DOCUMENT = """
SELECT v.document FROM whereupon.versions v JOIN whereupon.workflows w ON w.id = v.workflow_id
WHERE w.key = $1 AND w.state <> 'deleted' AND v.number = $2
"""
IN_FLIGHT = """
SELECT v.number AS version, r.status, count(*) AS runs FROM whereupon.runs r
LEFT JOIN whereupon.versions v ON v.id = r.version_id
WHERE r.workflow_id = $1 AND r.ended_at IS NULL GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Records:
    """Which records meet the filter now: under the active version, under the draft; gained and lost by it.

    `reason`: why it cannot be told; then all of them are None.
    """

    reason: str | None = None
    active: Matches | None = None
    draft: Matches | None = None
    gained: Matches | None = None
    lost: Matches | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """Everything that one looks at before publishing."""

    trigger: str
    steps: list[tuple[str, str, str]]  # key, name, what it does
    differences: Differences
    records: Records
    termination: Termination
    caps: list[str]
    in_flight: list[dict[str, Any]]
    checked: Checked
    quotas: dict[str, Any]


async def review(db: Connection, rights: Rights, key: str) -> Review:
    """The draft of a workflow as it would be published by this user. Raises NotFound, Refused."""
    rights.require_builder()
    row = await get_workflow(db, key)
    definitions = await load_definitions(db)
    module = definitions.catalog.modules.get(row["module"] or "")
    around = Surroundings(definitions.catalog, module, rights, definitions.time_zone)
    draft = readable(row["draft"])[0]
    active = await _version(db, key, row["active_version"]) if row["active_version"] else None
    plan = make_plan(draft)
    return Review(
        trigger=trigger_words(plan, around),
        steps=list(steps_of(plan, around)),
        differences=compare(active or Document(), draft, around),
        records=await records_now(db, around, active, draft),
        termination=judge(_subject(row, plan, around), list(_others(definitions, row["id"]))),
        caps=caps_of((await load_settings(db))[1], plan),
        in_flight=[dict(one) for one in await db.fetch(IN_FLIGHT, row["id"])],
        checked=check_draft(row["draft"], around, Said(row["name"], row["description"])),
        quotas=await quotas.shown(db),
    )


async def compare_versions(db: Connection, rights: Rights, key: str, old: str, new: str) -> Differences:
    """The differences from one version to another; "draft" is the draft. Raises NotFound."""
    rights.require_builder()
    row = await get_workflow(db, key)
    catalog, zone = await load_catalog(db), await organisation_time_zone(db)
    around = Surroundings(catalog, catalog.modules.get(row["module"] or ""), rights, zone)
    sides = [
        readable(row["draft"])[0] if one == "draft" else await _version(db, key, int(one))
        for one in (old, new)
    ]
    return compare(sides[0], sides[1], around)


async def _version(db: Connection, key: str, number: int) -> Document:
    found = await db.fetchval(DOCUMENT, key, number)
    if found is None:
        raise NotFound(f'"{key}" has no version {number}.')
    return readable(found)[0]


def steps_of(plan: Plan, around: Surroundings) -> Iterator[tuple[str, str, str]]:
    """The blocks as a run meets them: each after what leads to it, in drawing order."""
    if plan.start is None:
        return
    seen, todo = {plan.start.node.key}, list(plan.start.exits.values())
    while todo:
        key = todo.pop(0)
        if key in seen or key not in plan.steps:
            continue
        seen.add(key)
        step = plan.steps[key]
        yield key, step.node.label or step.block.label, summary_of(key, plan, around)
        todo += [step.exits[port] for port in step.ports() if port in step.exits]


# Which records ---------------------------------------------------------------------------------------


async def records_now(
    db: Connection, around: Surroundings, active: Document | None, draft: Document
) -> Records:
    """Which records that its runs may read meet the filter now, and which it gains and loses."""
    if around.module is None:
        return Records("There is no module, so there are no records.")
    then, earlier = around.acting(draft), around.acting(active or draft)
    try:
        now = entry_filter(draft, then)
        before = entry_filter(active, earlier) if active is not None else None
    except (Invalid, Refused) as error:
        return Records(_why_not(error))
    is_new = f"({now}) IS TRUE"
    try:
        if before is None:
            return Records(draft=await _find(db, then, now))
        was = f"({before}) IS TRUE"
        return Records(
            active=await _find(db, earlier, before),
            draft=await _find(db, then, now),
            gained=await _find(db, then, f"{is_new} AND NOT {was}"),
            lost=await _find(db, earlier, f"{was} AND NOT {is_new}"),
        )
    except (Invalid, Refused) as error:
        return Records(_why_not(error))


def _why_not(error: Invalid | Refused) -> str:
    if any(problem.code == "no_change" for problem in error.problems):
        return "The filter asks what has changed, which no record tells as it is now."
    return error.problems[0].message if error.problems else error.message


async def _find(db: Connection, around: Surroundings, where: str) -> Matches:
    assert around.module is not None
    module, rights = around.module.key, around.rights
    return await find_matches(db, around.catalog, module, rights, where, milliseconds=MILLISECONDS)


def entry_filter(document: Document, around: Surroundings) -> str:
    """The filter over records as they are now. Raises Invalid, Refused."""
    plan = make_plan(document)
    if plan.start is None or plan.start.filter is None:
        return "true"
    rights = around.rights
    user = f"{rights.user_id}::bigint" if rights.user_id is not None else None
    zone = document.settings.time_zone or around.time_zone
    scope = Scope(
        around.catalog,
        around.module,
        user=user,
        time_zone=zone,
        outputs=brought(plan),
        data="'{}'::jsonb",
        document=document_now(plan, around.module),
    )
    verdict = compile_tree(plan.start.filter, scope)
    require_reads(rights, verdict.reads, around.catalog, around.module.key if around.module else None)
    return verdict.sql


# What follows ----------------------------------------------------------------------------------------


def _subject(row: Mapping[str, Any], plan: Plan, around: Surroundings) -> Subject:
    return Subject(
        row["key"], row["name"], plan, around.module, lambda key: around.scope(plan, key), row["key"]
    )


def _others(definitions: Definitions, but: int) -> Iterator[Subject]:
    for active in definitions.active:
        version = active.version
        if version.workflow_id != but:
            yield Subject(
                f"workflow {version.workflow_id}", version.name, version.plan, version.module,
                _scopes(version, definitions), version.key,
            )  # fmt: skip


def _scopes(version: Version, definitions: Definitions) -> Callable[[str], Scope]:
    around = Surroundings(
        definitions.catalog, version.module, version.rights or Rights(None), definitions.time_zone
    )
    return lambda key: around.scope(version.plan, key)


def caps_of(caps: Caps, plan: Plan) -> list[str]:
    """What holds its messages back, in sentences; none for a workflow that sends nothing."""
    if not any(step.block.leaves for step in plan.steps.values()):
        return []
    told = (
        (caps.first_messages, "After its first {} messages the rest is held until somebody releases them."),
        (caps.workflow_per_hour, "Beyond {} messages in an hour the rest is held."),
        (caps.recipient_per_day, "Nobody gets more than {} messages a day."),
        (caps.organisation_per_day, "Not more than {} messages a day leave altogether."),
    )
    return [sentence.format(f"{limit:,}") for limit, sentence in told if limit is not None]
