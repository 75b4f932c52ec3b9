"""`whereupon workflows`: what they are, whether they can be published, starting and stopping them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from whereupon.cli.output import print_json, show_facts, show_rows, stdout, tell
from whereupon.cli.reading import read_json_file
from whereupon.cli.session import Common, doing
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, Refused
from whereupon.modules.definitions import problems_of
from whereupon.people.rights import Rights
from whereupon.runs.bulk import deeds
from whereupon.runs.by_hand import start_by_hand
from whereupon.workflows import store
from whereupon.workflows.recurrence import reset_recurrence

app = App(name="workflows", help="List, check, publish, start and stop workflows.")
COMMON = Common()
SHARED = ("key", "name", "module", "description", "category")  # of a workflow's file, beside its document


@app.command(name="list")
def list_(
    *,
    module: str | None = None,
    state: store.State | None = None,
    search: str | None = None,
    limit: int = 200,
    common: Common = COMMON,
) -> None:
    """All workflows, the newest first.

    Parameters
    ----------
    module
        Only those on this module.
    state
        Only those in this state.
    search
        Only those with this in name or description.
    limit
        At most so many.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        rights.require_builder()
        return await store.list_workflows(db, module=module, state=state, search=search, limit=limit)

    columns = ("key", "name", "module", "state", "active_version", "paused")
    show_rows(doing(common, work), columns, as_json=common.json, empty="There are no workflows yet.")


@app.command
def show(key: str, *, common: Common = COMMON) -> None:
    """One workflow, with its nodes."""

    async def work(db: Connection, rights: Rights) -> Any:
        rights.require_builder()
        return await store.get_workflow(db, key)

    found = dict(doing(common, work))
    draft = found.pop("draft")
    if common.json:
        return print_json({**found, "draft": draft})
    show_facts(found, as_json=False)
    stdout().print()
    exits = _exits(draft)
    nodes = [{"node": n.get("key"), "block": n.get("block"), "label": n.get("label", ""),
              "then": exits.get(n.get("key"), "")} for n in draft.get("nodes", [])]  # fmt: skip
    return show_rows(nodes, ("node", "block", "label", "then"), as_json=False)


def _exits(draft: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for edge in draft.get("edges", []):
        arrow = f"{edge.get('port', 'next')} → {edge.get('to')}"
        found[edge.get("from")] = ", ".join(filter(None, (found.get(edge.get("from")), arrow)))
    return found


@app.command
def check(key: str, *, common: Common = COMMON) -> int:
    """What stands against publishing the draft; exit code 2 when something does."""

    async def work(db: Connection, rights: Rights) -> Any:
        return await store.problems_of_draft(db, rights, key)

    faults = [problem.as_json() | {"suggestion": problem.suggestion} for problem in doing(common, work)]
    show_rows(faults, ("path", "message", "suggestion"), as_json=common.json, empty="It can be published.")
    return 2 if faults else 0


@app.command
def publish(key: str, *, note: str = "", common: Common = COMMON) -> None:
    """Make the draft the active version; it acts with the rights of the user who publishes it.

    Parameters
    ----------
    note
        What has changed, for those who read the list of versions.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        _require_a_user(rights)
        return await store.publish(db, rights, key, note=note)

    found = dict(doing(common, work))
    tell(found, f"{found['name']}: version {found['active_version']} is active.", as_json=common.json)


def _require_a_user(rights: Rights) -> None:
    if rights.user_id is None:
        raise Refused(
            "A workflow acts as the user who publishes it, so it needs one.",
            suggestion="Say who publishes it: --as you@example.org",
        )


@app.command
def state(
    key: str,
    state: Literal["active", "disabled", "archived", "draft"],
    *,
    in_flight: store.InFlight = "finish",
    common: Common = COMMON,
) -> None:
    """Enable, disable or archive a workflow.

    Parameters
    ----------
    in_flight
        What becomes of its runs under way: they finish, pause, or are cancelled.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        return await store.set_state(db, rights, key, state, in_flight=in_flight)

    found = dict(doing(common, work))
    tell(found, f"{found['name']} is {found['state']}.", as_json=common.json)


@app.command
def run(
    key: str,
    *records: str,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    common: Common = COMMON,
) -> None:
    """Start a workflow by hand, on the records named or on all that meet its filter.

    Parameters
    ----------
    records
        Ids of records; those that do not meet the filter are left out.
    all_
        On every record that meets the filter.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        workflow = await store.get_workflow(db, key)
        if workflow["module"] is not None and bool(records) == all_:
            raise Invalid("Say on which records.", suggestion="Name their ids, or say --all, but not both.")
        return await start_by_hand(db, rights, key, list(records) if records else None)

    done = doing(common, work)
    left_out = f"; left out: {', '.join(done['left_out'])}" if done["left_out"] else ""
    tell(done, f"{done['started']} started{left_out}.", as_json=common.json)


@app.command(name="run-on-all")
def run_on_all(key: str, *, common: Common = COMMON) -> None:
    """Run a workflow on every record that meets its filter; `whereupon bulk-runs show` says how far it is."""

    async def work(db: Connection, rights: Rights) -> int:
        return await deeds.run_on_all(db, rights, key)

    new = doing(common, work)
    tell({"bulk_run": new}, f"Bulk run {new} is ordered.", as_json=common.json)


@app.command
def reset(key: str, record: str | None = None, *, common: Common = COMMON) -> None:
    """Let "only the first time" come again, for one record or for all.

    Parameters
    ----------
    key
        The workflow's key.
    record
        Of this record alone, by its id.
    """

    async def work(db: Connection, rights: Rights) -> int:
        return await reset_recurrence(db, rights, key, record)

    count = doing(common, work)
    tell({"reset": count}, f"The first time may come again for {count} records.", as_json=common.json)


@app.command
def versions(key: str, *, common: Common = COMMON) -> None:
    """Published versions, the newest first."""

    async def work(db: Connection, rights: Rights) -> Any:
        rights.require_builder()
        return await store.list_versions(db, key)

    columns = ("number", "published_at", "published_by", "active", "note")
    show_rows(doing(common, work), columns, as_json=common.json, empty="It has not been published yet.")


@app.command
def export(key: str, *, file: Path | None = None, common: Common = COMMON) -> None:
    """The draft as a JSON file that `apply` takes, here or in another installation.

    Parameters
    ----------
    file
        Where to write it; without, it is printed.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        rights.require_builder()
        return await store.get_workflow(db, key)

    found = doing(common, work)
    exported = {name: found[name] for name in SHARED} | {"document": found["draft"]}
    if file is None:
        return print_json(exported)
    import orjson

    try:
        with file.open("xb") as target:
            target.write(orjson.dumps(exported, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    except FileExistsError:
        raise Invalid(
            f"{file} exists, and an export never overwrites.", suggestion="Choose another name."
        ) from None
    except OSError as error:
        raise Invalid(f"{file} cannot be written: {error.strerror}.") from None
    return tell({"file": str(file)}, f"Written to {file}.", as_json=common.json)


@app.command
def apply(
    file: Path,
    *,
    publish: Annotated[bool, Parameter(negative="")] = False,
    common: Common = COMMON,
) -> None:
    """Make a workflow from a JSON file, or change the one of that key; "-" reads standard input.

    Parameters
    ----------
    file
        As `export` writes it: key, name, module, description, category and document.
    publish
        Publish it too; nothing is changed when that is not possible.
    """
    new = _read_workflow(read_json_file(file))

    async def work(db: Connection, rights: Rights) -> Any:
        if publish:
            _require_a_user(rights)
        found = await _create_or_change(db, rights, new)
        return await store.publish(db, rights, found["key"]) if publish else found

    found = dict(doing(common, work))
    what = f"version {found['active_version']} is active" if publish else "the draft is saved"
    tell(found, f"{found['key']}: {what}.", as_json=common.json)


def _read_workflow(raw: Any) -> store.NewWorkflow:
    from pydantic import ValidationError

    try:
        return store.NewWorkflow.model_validate(raw)
    except ValidationError as error:
        raise Invalid("The file is no workflow.", problems=problems_of(error, store.NewWorkflow)) from None


async def _create_or_change(db: Connection, rights: Rights, new: store.NewWorkflow) -> Any:
    rights.require_builder()
    if new.key is not None:
        change = store.WorkflowChange(**new.model_dump(exclude={"key"}, exclude_unset=True))
        try:
            return await store.change_workflow(db, rights, new.key, change)
        except NotFound:
            pass
    return await store.create_workflow(db, rights, new)
