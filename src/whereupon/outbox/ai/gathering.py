"""What of a record goes along, gathered in SQL: only what its reader may read, for many records at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from whereupon.conditions.values import literal
from whereupon.modules.catalog import Catalog, Field, Module, quote
from whereupon.people.rights import Rights
from whereupon.records.documents import file_fields
from whereupon.records.statements import shown_field
from whereupon.templates.gathering import build_object

Along = Literal["fields", "linked", "lines", "documents", "images", "organisation"]
ALONG = {
    "fields": "The record’s fields",
    "linked": "Records that it links to",
    "lines": "Its line items",
    "documents": "Text of its documents",
    "images": "Pictures among its documents",
    "organisation": "Our organisation",
}
MOST_LINES = 200  # of each line-items field
MOST_DOCUMENTS = 20
UNTOLD = ("line_items", "file")  # told apart, or as documents
TITLE = " title"  # no field has such a key


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to go along. `only`: these fields of the record; None: all that may be read."""

    along: frozenset[Along]
    only: tuple[str, ...] | None = None

    @property
    def files(self) -> bool:
        """Whether the record's documents are looked at."""
        return bool({"documents", "images"} & self.along)


@dataclass(frozen=True, slots=True)
class Gatherer:
    """The SQL for records of a module that stand as row `n`, as seen by one user."""

    catalog: Catalog
    module: Module
    rights: Rights
    wanted: Wanted

    def columns(self) -> dict[str, str]:
        """SQL expressions by name. `own`: whether the user may read this very record."""
        found = {"own": self.own(self.module, "n"), "record_key": self.module.key_sql("n")}
        if "fields" in self.wanted.along:
            found["record"] = self.object_of(self.module, self.told(), "n")
        if "linked" in self.wanted.along:
            found["linked"] = build_object({link.key: self.linked(link) for link in self.links()})
        if "lines" in self.wanted.along:
            found["lines"] = build_object({one.key: self.lines(one) for one in self.collections()})
        if self.wanted.files:
            found["documents"] = self.documents()
        return found

    def told(self) -> list[Field]:
        """The record's own fields that go along, in their order; what the system keeps only when chosen."""
        if self.wanted.only is None:
            return list(readable(self.module, self.rights))
        allowed = self.rights.readable(self.module)
        fields = self.module.fields.values()
        return [f for f in fields if f.key in self.wanted.only and f.key in allowed and f.type not in UNTOLD]

    def links(self) -> list[Field]:
        """Links to other records that may be read."""
        return [f for f in self.told() if f.type == "reference" and self.target(f) is not None]

    def target(self, link: Field) -> Module | None:
        """Where a link leads, if its reader may look there."""
        module = self.catalog.modules.get(link.target or "")
        if module is None or len(module.key_columns) != 1 or not self.rights.may("read", module.key):
            return None
        return module

    def collections(self) -> list[Field]:
        """Line items that may be read."""
        readable_keys = self.rights.readable(self.module)
        return [
            f
            for f in self.module.fields.values()
            if f.type == "line_items" and f.key in readable_keys and self.target(f) is not None
        ]

    def own(self, module: Module, row: str) -> str:
        """SQL: the user may read this row of the module."""
        if not self.rights.own_only("read", module.key):
            return "true"
        owner = module.fields.get(module.owner_field or "")
        if owner is None or owner.column is None or self.rights.user_id is None:
            return "false"
        return f"coalesce({row}.{quote(owner.column)} = {int(self.rights.user_id)}, false)"

    def object_of(self, module: Module, fields: Iterable[Field], row: str) -> str:
        """SQL jsonb {field: text}, lists as lists; a link as what names the other record."""
        return build_object({f.key: self.value(module, f, row) for f in fields})

    def value(self, module: Module, field: Field, row: str) -> str:
        if field.type in ("reference", "user"):
            return self.title_of(field, row)
        sql = shown_field(self.catalog, module, field, row).sql
        # As text: JSON numbers would pass through floating point.
        return f"to_jsonb({sql})" if field.type == "multi_select" else f"({sql})::text"

    def title_of(self, link: Field, row: str) -> str:
        """What names the record behind a link; its key where its name may not be read."""
        column = f"{row}.{quote(link.column or '')}"
        module = self.catalog.modules.get("users") if link.type == "user" else self.target(link)
        title = module.fields.get(module.title_field or "name") if module else None
        if module is None or title is None or title.type in ("reference", "user", *UNTOLD):
            return f"({column})::text"
        if link.type != "user" and title.key not in self.rights.readable(module):
            return f"({column})::text"
        shown = f"({shown_field(self.catalog, module, title, 'lk').sql})::text"
        mine = "true" if link.type == "user" else self.own(module, "lk")
        return (
            f"(SELECT {shown} FROM {module.sql} lk WHERE lk.{quote(module.key_column)} = {column} AND {mine})"
        )

    def linked(self, link: Field) -> str:
        """SQL: the fields of the record that a link leads to; null where it leads nowhere."""
        module = self.catalog.modules[link.target or ""]
        found = self.object_of(module, readable(module, self.rights), "ln")
        key = f"ln.{quote(module.key_column)} = n.{quote(link.column or '')}"
        return f"(SELECT {found} FROM {module.sql} ln WHERE {key} AND {self.own(module, 'ln')})"

    def lines(self, collection: Field) -> str:
        """SQL: a list of the lines, in their order."""
        module = self.catalog.modules[collection.target or ""]
        parent = module.parent_field or ""
        fields = [f for f in readable(module, self.rights) if f.key not in (parent, "position")]
        item = self.object_of(module, fields, "li")
        column = quote(module.fields[parent].column or "")
        key = quote(module.key_column)
        order = f'li."position" NULLS LAST, li.{key}' if "position" in module.fields else f"li.{key}"
        # A line without an owner of its own is its record's owner's.
        mine = self.own(module, "li") if module.owner_field else self.lines_by_parent(module)
        return (
            f"(SELECT jsonb_agg(l.item ORDER BY l.nr) FROM (SELECT {item} AS item, "
            f"row_number() OVER (ORDER BY {order}) AS nr FROM {module.sql} li "
            f"WHERE li.{column} = n.{quote(self.module.key_column)} AND {mine} "
            f"ORDER BY {order} LIMIT {MOST_LINES}) l)"
        )

    def lines_by_parent(self, module: Module) -> str:
        if not self.rights.own_only("read", module.key):
            return "true"
        owner = self.module.fields.get(self.module.owner_field or "")
        if owner is None or owner.column is None or self.rights.user_id is None:
            return "false"
        return f"coalesce(n.{quote(owner.column)} = {int(self.rights.user_id)}, false)"

    def documents(self) -> str:
        """SQL: the documents attached to the record or named by a file field, in their order."""
        attached = f"d.module_id = {self.module.id} AND d.record_id = {self.module.key_sql('n')}"
        held = [f for f in file_fields(self.module) if f.key in self.rights.readable(self.module)]
        named = "".join(f" OR d.id = n.{quote(f.column or '')}" for f in held)
        return (
            "(SELECT jsonb_agg(f.item ORDER BY f.id) FROM (SELECT d.id, jsonb_build_object('name', d.name, "
            "'media_type', d.media_type, 'size', d.size, 'sha256', encode(d.sha256, 'hex')) AS item "
            f"FROM whereupon.documents d WHERE ({attached}){named} ORDER BY d.id LIMIT {MOST_DOCUMENTS}) f)"
        )


def readable(module: Module, rights: Rights) -> Sequence[Field]:
    """The fields of a module that are told of a record: what the user may read, and people filled in."""
    allowed = rights.readable(module)
    return [f for f in module.fields.values() if f.key in allowed and f.type not in UNTOLD and not f.system]


def select_one(gatherer: Gatherer, record_id: str) -> str:
    """SQL for one record, outside any run."""
    columns = ", ".join(f'{sql} AS "{name}"' for name, sql in gatherer.columns().items())
    module = gatherer.module
    return f"SELECT {columns} FROM {module.sql} n WHERE {module.key_sql('n')} = {literal(record_id)}"
