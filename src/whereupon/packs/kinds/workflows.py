"""Workflows: what they are called, their document, and whether they run.

In a file people are named by their address, because a user's number means somebody else elsewhere. Secrets
are handles in definitions, and only these handles are written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, Problem, did_you_mean
from whereupon.packs.kinds.kind import Content, Kind
from whereupon.people.rights import Rights
from whereupon.workflows import store
from whereupon.workflows.document import Document, parse_document

ALL = """
SELECT w.key, w.name, w.description, w.category, m.key AS module, w.state, w.draft, v.document
FROM whereupon.workflows w LEFT JOIN whereupon.modules m ON m.id = w.module_id
LEFT JOIN whereupon.versions v ON v.id = w.active_version_id
WHERE w.state <> 'deleted' AND w.kind = 'workflow' ORDER BY w.key
"""
UNDER_WAY = """
SELECT count(*) FROM whereupon.runs r JOIN whereupon.workflows w ON w.id = r.workflow_id
WHERE w.key = $1 AND w.state <> 'deleted' AND r.ended_at IS NULL
"""
USERS = "SELECT id, email FROM whereupon.users"
SAID = ("name", "description", "category", "module")


class WorkflowFile(BaseModel):
    """A workflow as a file has it. `draft`: where it differs from what is published."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,58}$")
    name: str = Field(min_length=1, max_length=200)
    description: str = Field("", max_length=5_000)
    category: Literal["customer", "admin", "finance"] | None = None
    module: str | None = None
    state: store.State = "draft"
    document: dict[str, Any]
    draft: dict[str, Any] | None = None


class Workflows(Kind):
    """A workflow, by its key."""

    key = "workflow"
    label = "Workflow"
    folder = "workflows"
    model: ClassVar = WorkflowFile

    async def now(self, db: Connection) -> dict[str, Content]:
        named = {row["id"]: row["email"] for row in await db.fetch(USERS)}
        return {row["key"]: content_of(row, named) for row in await db.fetch(ALL)}

    async def write(
        self, db: Connection, rights: Rights, key: str, content: Content, now: Content | None
    ) -> None:
        users = {row["email"]: row["id"] for row in await db.fetch(USERS)}
        document = people(content["document"], numbers_of(users), "/document")
        said = {name: content.get(name) for name in SAID} | {"description": content.get("description", "")}
        state = content.get("state", now["state"] if now else "draft")
        if now is None:
            await store.create_workflow(
                db, rights, store.NewWorkflow.model_validate({"key": key, **said, "document": document})
            )
        else:
            if now["state"] == "archived" and state != "archived":
                await store.set_state(db, rights, key, "disabled")
            await self.change(db, rights, key, content, now, said, document)
        published = state in ("active", "disabled")
        if published and (now is None or now["state"] == "draft" or changes_document(content, now)):
            await store.publish(db, rights, key, note="From a file")
        if content.get("draft") is not None:
            draft = people(content["draft"], numbers_of(users), "/draft")
            await store.change_workflow(
                db, rights, key, store.WorkflowChange.model_validate({"document": draft})
            )
        await self.to_state(db, rights, key, state)

    async def change(
        self, db: Connection, rights: Rights, key: str, content: Content, now: Content, said: Content,
        document: dict[str, Any],
    ) -> None:  # fmt: skip
        """Only what differs: a draft that is saved without a change would look like work."""
        given: dict[str, Any] = {
            name: value for name, value in said.items() if value != (now.get(name) or ("" if name ==
            "description" else None))
        }  # fmt: skip
        if changes_document(content, now) or content.get("draft") != now.get("draft"):
            given["document"] = document
        if given and now["state"] != "archived":
            await store.change_workflow(db, rights, key, store.WorkflowChange.model_validate(given))

    async def to_state(self, db: Connection, rights: Rights, key: str, state: str) -> None:
        row = await store.get_workflow(db, key)
        if row["state"] != state and not (state == "draft" and row["active_version"]):
            await store.set_state(db, rights, key, cast("store.State", state))

    async def remove(self, db: Connection, rights: Rights, key: str) -> None:
        await store.delete_workflow(db, rights, key)

    async def loss(self, db: Connection, key: str, now: Content, new: Content | None) -> list[str]:
        runs = await db.fetchval(UNDER_WAY, key)
        if new is None:
            return [f"{runs:,} runs under way are cancelled."] if runs else []
        found: list[str] = []
        if runs and new.get("state") == "archived" and now.get("state") != "archived":
            found.append(f"{runs:,} runs under way are cancelled.")
        if new.get("module") != now.get("module") and now.get("state") != "draft":
            raise Conflict(
                f'"{key}" was published for another module, and its runs and versions belong to that.',
                suggestion="Give the workflow in the file another key.",
            )
        if now.get("draft") is not None and new.get("draft") != now["draft"]:
            found.append("A draft that was not published yet is overwritten.")
        return found

    def normal(self, content: Content) -> Content:
        found = {k: v for k, v in content.items() if v is not None and not (k == "description" and v == "")}
        for name in ("document", "draft"):
            if name in found:
                found[name] = tidy(found[name])
        return found

    def meant(self, content: Content, now: Content | None) -> Content:
        """A file that says nothing of the state leaves it."""
        return content if "state" in content else {**content, "state": now["state"] if now else "draft"}


def changes_document(content: Content, now: Content) -> bool:
    return tidy(content["document"]) != tidy(now["document"])


def content_of(row: Any, named: dict[int, str]) -> Content:
    """A row as a file has it."""
    document = row["document"] if row["document"] is not None else row["draft"]
    content = {name: row[name] for name in SAID} | {"state": row["state"]}
    addresses = addresses_of(named)
    content["document"] = tidy(people(document, addresses, ""))
    if tidy(row["draft"]) != tidy(document):
        content["draft"] = tidy(people(row["draft"], addresses, ""))
    return {k: v for k, v in content.items() if v is not None and not (k == "description" and v == "")}


def tidy(document: Any, *, drawn: bool = True) -> Any:
    """A document in one way of writing. One that does not fit the schema, as drafts may, stays as it is."""
    try:
        parsed: Document = parse_document(document)
    except Invalid:
        return document
    found = parsed.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)
    written: dict[str, Any] = {"format": 1, "nodes": found.get("nodes", []), "edges": found.get("edges", [])}
    for node, own in zip(written["nodes"], parsed.nodes, strict=True):
        node["config"] = dict(own.config)  # whole: a null in a configuration may mean something
        if not drawn:
            node.pop("position", None)
    return written | ({"settings": found["settings"]} if found.get("settings") else {})


# Who is meant ------------------------------------------------------------------------------------

Meaning = Callable[[Any, str], Any]


def people(value: Any, meaning: Meaning, path: str) -> Any:
    """The same with what stands under "user" replaced."""
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value).items()
        return {
            k: meaning(v, f"{path}/{k}") if k == "user" else people(v, meaning, f"{path}/{k}")
            for k, v in entries
        }
    if isinstance(value, list):
        return [people(v, meaning, f"{path}/{i}") for i, v in enumerate(cast("list[Any]", value))]
    return value


def addresses_of(named: dict[int, str]) -> Meaning:
    """People by their addresses: numbers mean nothing in another office."""

    def meaning(value: Any, path: str) -> Any:
        return named.get(value, value) if isinstance(value, int) and not isinstance(value, bool) else value

    return meaning


def numbers_of(users: dict[str, int]) -> Meaning:
    """Raises Invalid for an address that nobody has here, and for a number, which means nothing here."""

    def meaning(value: Any, path: str) -> Any:
        if isinstance(value, str) and "@" in value:
            if value not in users:
                told = f"Nobody here has the address {value}."
                raise Invalid.of(Problem("unknown_user", told, path, did_you_mean(value, users)))
            return users[value]
        return value

    return meaning
