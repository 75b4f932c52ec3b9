"""Which values a template names: a tree of names, grown while the text is read.

A template that says `{{ record.account.name }}` gives the tree record → account → name;
templates/gathering.py turns it into SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from whereupon.conditions.documents import FIELDS as DOCUMENT_FIELDS
from whereupon.conditions.paths import Collection, find_collection, linked
from whereupon.conditions.rows import column_field, column_type
from whereupon.conditions.values import BROUGHT, Kind, Scope, ValueType
from whereupon.errors import did_you_mean
from whereupon.modules.catalog import Catalog, Field, Module

EACH = "[]"  # the key under which the items of a list are kept

# What {{ organisation.… }} may name: the setting "organisation" holds it.
ORGANISATION = (
    "name",
    "legal_name",
    "email",
    "phone",
    "website",
    "address",
    "city",
    "postal_code",
    "country",
    "tax_id",
    "currency",
    "time_zone",
)


class UnknownName(Exception):
    """A name leads nowhere; `suggestion` is what may have been meant."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.message, self.suggestion = message, suggestion


@dataclass(slots=True)
class Name:
    """One name, and the names below it. `wanted`: its own value is used, not only a name below."""

    label: str  # as people write it: record.account
    below: dict[str, Name] = field(default_factory=dict[str, "Name"])
    wanted: bool = False

    def step(self, key: str | int) -> Name | None:
        """The name below, made on first use; None for a value that has no names. Raises UnknownName."""
        raise UnknownName(f'"{self.label}" is one value and has no "{key}".', f'Did you mean "{self.label}"?')

    def item(self) -> Name | None:
        """What a loop over it gives. Raises UnknownName."""
        raise UnknownName(f'"{self.label}" is not a list, so there is nothing to loop over.')

    def grow(self, key: str, made: Name) -> Name:
        """The name below with that key: the one that is there, or this one."""
        return self.below.setdefault(key, made)


@dataclass(slots=True)
class Value(Name):
    """A single value: a field, an output, a date. `many`: several texts, or structured data."""

    path: str = ""  # for compile_path
    field: Field | None = None
    many: bool = False

    def step(self, key: str | int) -> Name | None:
        if self.many or key == "size":
            self.wanted = True
            return None
        return Name.step(self, key)

    def item(self) -> Name | None:
        if not self.many:
            return Name.item(self)
        self.wanted = True
        return None


@dataclass(slots=True)
class Row(Name):
    """A record. `link` is the field that leads to it; None for the record itself and for list items."""

    scope: Scope | None = None
    module: Module | None = None
    link: Field | None = None
    before: bool = False  # the record before the change: its links are not followed

    @property
    def own(self) -> tuple[Module, Scope]:
        assert self.module is not None
        assert self.scope is not None
        return self.module, self.scope

    def step(self, key: str | int) -> Name | None:
        module, scope = self.own
        name, label = str(key), f"{self.label}.{key}"
        if name in self.below:
            return self.below[name]
        found = module.fields.get(name)
        if found is None and name == "id":
            return self.grow(name, Value(label, path="id"))
        if found is None or found.type == "line_items":
            return self.grow(name, self.lines(name, label))
        target = scope.catalog.modules.get(found.target or "")
        followed = target is not None and len(target.key_columns) == 1 and not self.before
        if found.type in ("reference", "user") and followed:
            return self.grow(name, Row(label, scope=scope, module=target, link=found))
        return self.grow(name, Value(label, path=name, field=found, many=found.type == "multi_select"))

    def lines(self, name: str, label: str) -> Lines:
        """The child records of that name. Raises UnknownName."""
        module, scope = self.own
        collection = self.collection(name)
        if collection is None or self.before:
            children = [child.key for child, _ in scope.catalog.children(module.key)]
            raise UnknownName(
                f'{module.label} has no field "{name}".', did_you_mean(name, {*module.fields, *children})
            )
        return Lines(label, scope=scope, collection=collection)

    def collection(self, name: str) -> Collection | None:
        """Line items; `tasks` when only one reference of tasks leads here; else `["tasks.project"]`."""
        module, scope = self.own
        here = linked(scope, module)
        if name in module.fields:
            return find_collection([name], here)
        child, _, reference = name.partition(".")
        links = [link.key for kind, link in scope.catalog.children(module.key) if kind.key == child]
        if not reference and len(links) > 1:
            choices = " or ".join(f'{self.label}["{child}.{link}"]' for link in links)
            raise UnknownName(
                f'"{child}" is linked to {module.label} in several ways.', f"Say which: {choices}."
            )
        wanted = reference or (links[0] if links else "")
        return find_collection([child, wanted], here) if wanted in links else None


@dataclass(slots=True)
class Lines(Name):
    """Child records: line items, or records of another module that link to this one."""

    scope: Scope | None = None
    collection: Collection | None = None

    def item(self) -> Name:
        assert self.collection is not None
        return self.grow(EACH, Row(f"{self.label}[0]", scope=self.scope, module=self.collection.module))

    def step(self, key: str | int) -> Name | None:
        self.wanted = True
        if key == "size":
            return None
        if isinstance(key, int) or key in ("first", "last"):
            return self.item()
        loop = f"{{% for line in {self.label} %}}{{{{ line.{key} }}}}{{% endfor %}}"
        raise UnknownName(f'"{self.label}" is a list of records and has no "{key}".', f"Loop over it: {loop}")


@dataclass(slots=True)
class Rows(Name):
    """Rows that an earlier block read."""

    path: str = ""
    kind: ValueType | None = None
    catalog: Catalog | None = None

    @property
    def row(self) -> tuple[ValueType, Catalog]:
        """What each row is, and of which catalog."""
        assert self.kind is not None
        assert self.catalog is not None
        return self.kind, self.catalog

    def item(self) -> Name:
        label = f"{self.label}[0]"
        return self.grow(EACH, Group(label, known=columns(label, *self.row)))

    def step(self, key: str | int) -> Name | None:
        self.wanted = True
        if key == "size":
            return None
        if isinstance(key, int) or key in ("first", "last"):
            return self.item()
        loop = f"{{% for row in {self.label} %}}{{{{ row.{key} }}}}{{% endfor %}}"
        raise UnknownName(f'"{self.label}" is a list of rows and has no "{key}".', f"Loop over it: {loop}")


@dataclass(slots=True)
class Group(Name):
    """A fixed set of names: the roots, the organisation's settings, the blocks before this one."""

    known: Mapping[str, Name] = field(default_factory=dict[str, Name])

    def step(self, key: str | int) -> Name | None:
        if str(key) in self.known:
            return self.grow(str(key), self.known[str(key)])
        here = ", ".join(list(self.known)[:12]) or "nothing"
        what = f'"{self.label}" has no "{key}".' if self.label else f'There is nothing called "{key}".'
        raise UnknownName(what, did_you_mean(str(key), self.known) or f"Known here: {here}.")


def roots(scope: Scope) -> Group:
    """Everything that a template may begin a name with, in this scope."""
    known: dict[str, Name] = {
        "organisation": Group("organisation", known={k: Value(f"organisation.{k}") for k in ORGANISATION}),
        "today": Value("today"),
        "now": Value("now"),
    }
    if scope.module is not None:
        known["record"] = Row("record", scope=scope, module=scope.module)
        if scope.old is not None:
            known["old"] = Row("old", scope=scope, module=scope.module, before=True)
    if scope.user is not None and "users" in scope.catalog.modules:
        known["user"] = Row("user", scope=scope, module=scope.catalog.modules["users"])
    if scope.document is not None:
        names = {name: Value(f"document.{name}", path=f"document.{name}") for name in DOCUMENT_FIELDS}
        known["document"] = Group("document", known=names)
    if BROUGHT in scope.outputs:
        known["trigger"] = outputs("trigger", scope.outputs[BROUGHT], scope)
    if nodes := {node: types for node, types in scope.outputs.items() if node != BROUGHT}:
        known["nodes"] = Group("nodes", known=Outputs(nodes, scope))
    return Group("", known=known)


class Outputs(Mapping[str, Name]):
    """The blocks before this one; each is made when it is named: there may be hundreds, and few are."""

    def __init__(self, types: Mapping[str, Mapping[str, ValueType]], scope: Scope) -> None:
        self.types, self.scope = types, scope

    def __getitem__(self, node: str) -> Name:
        return outputs(f"nodes.{node}", self.types[node], self.scope)

    def __iter__(self) -> Iterator[str]:
        return iter(self.types)

    def __len__(self) -> int:
        return len(self.types)


def outputs(label: str, types: Mapping[str, ValueType], scope: Scope) -> Group:
    """The outputs of one earlier block, or of what started the run."""
    return Group(label, known={key: output(f"{label}.{key}", kind, scope) for key, kind in types.items()})


def output(label: str, kind: ValueType, scope: Scope) -> Name:
    """One of them: a value, a record, a row of values, or a list of rows."""
    catalog = scope.catalog
    target = catalog.modules.get(kind.module or "") if kind.kind is Kind.REFERENCE else None
    if target is not None and len(target.key_columns) == 1:
        return Row(label, scope=scope, module=target)
    if kind.columns is None:
        return Value(label, path=label, many=kind.kind in (Kind.JSON, Kind.TEXT_LIST))
    if kind.many:
        return Rows(label, path=label, kind=kind, catalog=catalog)
    return Group(label, known=columns(label, kind, catalog))


def columns(label: str, kind: ValueType, catalog: Catalog) -> dict[str, Name]:
    """The values of one row."""
    return {
        key: Value(
            f"{label}.{key}", path=f"{label}.{key}", field=column_field(kind, key, catalog),
            many=column_type(kind, key, catalog).kind in (Kind.JSON, Kind.TEXT_LIST),
        )
        for key in kind.columns or ()
    }  # fmt: skip


def merge(into: Name, other: Name) -> None:
    """Everything that `other` names is named by `into` too; `other` is left as it is."""
    into.wanted = into.wanted or other.wanted
    for key, name in other.below.items():
        merge(into.grow(key, emptied(name)), name)


def emptied(name: Name) -> Name:
    """The same name with nothing below it."""
    from copy import copy

    made = copy(name)
    made.below, made.wanted = {}, False
    return made
