"""What a user may do: the union of what the user's roles grant, asked by every way into the system.

Nothing is granted by default. An administrator may do everything; a builder may make modules and
workflows; everybody else has, per module, read/create/update/delete and limits on single fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from whereupon.db.pool import Connection
from whereupon.errors import Refused
from whereupon.modules.catalog import Catalog, Module

Action = Literal["read", "create", "update", "delete"]
Extent = Literal["none", "own", "all"]
Level = Literal["none", "read", "write"]

WIDTH: Mapping[str, int] = {"none": 0, "own": 1, "all": 2}
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Grant:
    """What may be done with one module; `hidden` and `locked…` name the fields that are held back."""

    read: Extent = "none"
    create: Extent = "none"
    update: Extent = "none"
    delete: Extent = "none"
    hidden: frozenset[str] = NOTHING
    locked_on_create: frozenset[str] = NOTHING
    locked_on_update: frozenset[str] = NOTHING

    def extent(self, action: Action) -> Extent:
        match action:
            case "read":
                return self.read
            case "create":
                return self.create
            case "update":
                return self.update
            case "delete":
                return self.delete

    def locked(self, action: Action) -> frozenset[str]:
        """The fields that may not be written by a create or an update."""
        return self.locked_on_create if action == "create" else self.locked_on_update

    def level(self, field_key: str) -> Level:
        """What may be done with one field of a record that is there already."""
        if self.read == "none" or field_key in self.hidden:
            return "none"
        return "read" if self.update == "none" or field_key in self.locked_on_update else "write"


NO_GRANT = Grant()


class ActsAs(NamedTuple):
    """The role that narrows the rights of a workflow's runs (people/service_roles.py)."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Rights:
    """One user's rights, as of the moment they were loaded. Frozen: ask again after a change of roles."""

    user_id: int | None
    administrator: bool = False
    builder: bool = False
    grants: Mapping[str, Grant] = field(default_factory=dict[str, Grant])  # by module key
    acts_as: ActsAs | None = None  # they were narrowed to this role, for a workflow's runs

    @property
    def run_subject(self) -> str:
        """Who it is that may not, where a run tells it."""
        if self.acts_as is None:
            return "The workflow's publisher"
        return f"With the rights of “{self.acts_as.name}”, the workflow"

    def refusal(self, what: str) -> Refused:
        """That something is not allowed, in a sentence, with the way out."""
        if self.acts_as is None:
            return Refused(f"You {what}.", suggestion=ASK_ADMINISTRATOR)
        return Refused(f"{self.run_subject} {what}.", suggestion=WIDEN_ROLE)

    def grant(self, module_key: str) -> Grant:
        return self.grants.get(module_key, NO_GRANT)

    def may(self, action: Action, module_key: str) -> bool:
        """Whether the action is allowed on some record of the module at least."""
        return self.administrator or self.grant(module_key).extent(action) != "none"

    def own_only(self, action: Action, module_key: str) -> bool:
        """Whether the action is allowed on records that the user owns, and on no others."""
        return not self.administrator and self.grant(module_key).extent(action) == "own"

    def require(self, action: Action, module_key: str, fields: Iterable[str] = ()) -> None:
        """Raises Refused unless the action is allowed, on these fields too.

        A caller whom `own_only` concerns must also limit the statement to the user's own records.
        """
        if self.administrator:
            return
        if not self.may(action, module_key):
            raise self.refusal(f'may not {action} records of "{module_key}"')
        held_back = self.held_back(action, module_key) & set(fields)
        if held_back:
            verb = "read" if action == "read" else "write"
            named = ", ".join(f'"{key}"' for key in sorted(held_back))
            raise self.refusal(f'may not {verb} {named} of "{module_key}"')

    def held_back(self, action: Action, module_key: str) -> frozenset[str]:
        """The fields that this action may not touch."""
        grant = self.grant(module_key)
        return grant.hidden if action == "read" else grant.locked(action)

    def readable(self, module: Module) -> frozenset[str]:
        """Keys of the fields that may be shown; none when the module may not be read."""
        if self.administrator:
            return frozenset(module.fields)
        if not self.may("read", module.key):
            return NOTHING
        return frozenset(module.fields) - self.grant(module.key).hidden

    def sees(self, names: Iterable[str]) -> bool:
        """Whether each "module.field", or bare "module", may be read, and that of every record."""
        return self.administrator or all(
            self.grant(key).read == "all" and field_key not in self.grant(key).hidden
            for key, _, field_key in (name.partition(".") for name in set(names) - KNOWN_TO_ALL)
        )

    def writable(self, module: Module, action: Action = "update") -> frozenset[str]:
        """Keys of the fields that may be set: not those that the module itself makes read-only."""
        if module.read_only or not self.may(action, module.key):
            return NOTHING
        open_fields = frozenset(key for key, f in module.fields.items() if not f.read_only)
        return open_fields if self.administrator else open_fields - self.grant(module.key).locked(action)

    def require_builder(self) -> None:
        """Raises Refused unless the user may make modules and workflows."""
        if not (self.builder or self.administrator):
            raise Refused("Only builders may do that.", suggestion=ASK_ADMINISTRATOR)

    def require_administrator(self) -> None:
        """Raises Refused unless the user may change people and settings."""
        if not self.administrator:
            raise Refused("Only administrators may do that.", suggestion=ASK_ADMINISTRATOR)


ASK_ADMINISTRATOR = "Ask an administrator for a role that allows it."
WIDEN_ROLE = "Ask an administrator to widen the role, or choose another one in the workflow's settings."


# Who people are is known to everyone who is signed in (api/routes/users.py).
KNOWN_TO_ALL = frozenset({"users.id", "users.name", "users.email", "users.manager", "users.active"})


def require_reads(rights: Rights, reads: Iterable[str], catalog: Catalog, module_key: str | None) -> None:
    """Raises Refused unless what a condition, text or formula over a module reads may be read."""
    for refusal in refused_reads(rights, reads, catalog, module_key):
        raise refusal


def refused_reads(
    rights: Rights, reads: Iterable[str], catalog: Catalog, module_key: str | None
) -> Iterator[Refused]:
    """One refusal for each "module.field" of `reads` that is held back; a bare "module" is asked for, too.

    A link leads to any record, so where it leads every record has to be readable.
    """
    if rights.administrator:
        return
    wanted = sorted(set(reads) - KNOWN_TO_ALL)
    reached = linked_modules(wanted, catalog) | {name.partition(".")[0] for name in wanted} - {module_key}
    for name in wanted:
        key, _, field_key = name.partition(".")
        try:
            rights.require("read", key, [field_key] if field_key else [])
        except Refused as refusal:
            yield refusal
        else:
            if rights.own_only("read", key) and key in reached:
                yield _reads_others(rights, key)


def _reads_others(rights: Rights, key: str) -> Refused:
    if rights.acts_as is None:
        return Refused(f'You may read only your own records of "{key}", and this reads others.')
    return rights.refusal(f'may read only its publisher\'s own records of "{key}", and this reads others')


def linked_modules(names: Iterable[str], catalog: Catalog) -> set[str]:
    """The modules to which reference fields among the "module.field" names lead, if more of them is read.

    Comparing the reference itself shows nothing of the record that it leads to.
    """
    found: set[str] = set()
    for name in names:
        key, _, field_key = name.partition(".")
        module = catalog.modules.get(key)
        target = module.fields[field_key].target if module and field_key in module.fields else None
        if target and any(other != name and other.startswith(f"{target}.") for other in names):
            found.add(target)
    return found


def everything(user_id: int | None = None) -> Rights:
    """An administrator's rights, for the command line and for tests; never for a run (rule 28)."""
    return Rights(user_id, administrator=True, builder=True)


# One user, with roles and what each role grants, in one row; no row when there is no such user.
LOAD_RIGHTS = """
SELECT u.id, u.active, u.name,
       coalesce(bool_or(r.administrator), false) AS administrator,
       coalesce(bool_or(r.builder OR r.administrator), false) AS builder,
       coalesce((
         SELECT jsonb_agg(jsonb_build_object(
                  'module', m.key, 'read', g.can_read, 'create', g.can_create, 'update', g.can_update,
                  'delete', g.can_delete, 'fields', g.fields))
         FROM whereupon.user_roles ur
         JOIN whereupon.role_modules g USING (role_id)
         JOIN whereupon.modules m ON m.id = g.module_id
         WHERE ur.user_id = u.id), '[]') AS grants
FROM whereupon.users u
LEFT JOIN whereupon.user_roles ur ON ur.user_id = u.id
LEFT JOIN whereupon.roles r ON r.id = ur.role_id
WHERE u.id = $1
GROUP BY u.id
"""


async def load_rights(db: Connection, user_id: int) -> Rights:
    """The rights of an active user. Raises Refused when there is none, or the user is disabled."""
    return rights_of_row(await db.fetchrow(LOAD_RIGHTS, user_id))


def rights_of_row(row: Mapping[str, Any] | None) -> Rights:
    """Rights from a row of LOAD_RIGHTS."""
    if row is None:
        raise Refused("This user does not exist any more.")
    if not row["active"]:
        raise Refused(f"{row['name']} is disabled and may do nothing.", suggestion="Ask an administrator.")
    return Rights(row["id"], row["administrator"], row["builder"], union(row["grants"]))


def union(granted: Iterable[Mapping[str, Any]]) -> dict[str, Grant]:
    """One grant per module out of what several roles give.

    >>> clerk = {"module": "cases", "read": "own", "create": "none", "update": "none", "delete": "none"}
    >>> reader = clerk | {"read": "all"}
    >>> union([clerk | {"fields": {}}, reader | {"fields": {"fee": "none"}}])["cases"].hidden
    frozenset({'fee'})
    """
    by_module: dict[str, list[Mapping[str, Any]]] = {}
    for entry in granted:
        by_module.setdefault(entry["module"], []).append(entry)
    return {key: united(entries) for key, entries in by_module.items()}


def united(entries: list[Mapping[str, Any]]) -> Grant:
    """The widest extent of each action, with the fields that no role of that extent opens."""
    return Grant(
        **{action: widest(entries, action) for action in ("read", "create", "update", "delete")},
        hidden=closed(entries, "read", {"none"}),
        locked_on_create=closed(entries, "create", {"none", "read"}),
        locked_on_update=closed(entries, "update", {"none", "read"}),
    )


def widest(entries: list[Mapping[str, Any]], action: str) -> Any:
    return max((entry[action] for entry in entries), key=WIDTH.__getitem__)


def closed(entries: list[Mapping[str, Any]], action: str, levels: set[str]) -> frozenset[str]:
    """Fields that every role which gives the action at its widest holds back.

    Only those roles count: one that opens a field for the user's own records must not open it for all.
    """
    extent = widest(entries, action)
    held: list[set[str]] = [
        {key for key, level in entry["fields"].items() if level in levels}
        for entry in entries
        if entry[action] == extent
    ]
    return frozenset(held[0].intersection(*held[1:]))
