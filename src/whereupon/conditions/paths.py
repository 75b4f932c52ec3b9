"""What a name like `account.manager.email` means for a record: the SQL that reads it.

A path follows links, any number up to eight, each a correlated scalar sub-select by primary key. Besides
the record's own fields it knows `old.…` (the record before the change), `nodes.<node>.<output>` (what an
earlier block gave), `trigger.<name>` (what the start brought along), `user.…` (who acts) and the rows
beside it (`record.…` where records are looked for); a field of the record that has such a name goes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NoReturn

from whereupon.conditions.rows import column_value
from whereupon.conditions.values import (
    BROUGHT,
    FIELD_KINDS,
    JSON,
    TEXT,
    Compiled,
    Kind,
    Scope,
    ValueType,
    literal,
    reference,
    refuse,
    type_of_field,
)
from whereupon.errors import did_you_mean
from whereupon.modules.catalog import Field, Module, quote

MOST_HOPS = 8
LONGEST_SQL = 60_000  # of one value: formula fields that read formula fields must not explode
SPECIAL = ("old", "nodes", "user", "trigger", "document")


def compile_path(path: str, scope: Scope) -> Compiled:
    """The value that a dotted path names. Raises Invalid with a suggestion for what does not exist."""
    names = path.split(".")
    if not all(names):
        refuse("unknown_field", f'"{path}" is not a name.', "Write names with single dots: account.name.")
    if len(names) > MOST_HOPS + 1:
        refuse("too_deep", f'"{path}" follows more than {MOST_HOPS} links.')
    if names[0] in scope.others and not _is_own(names, scope):
        return _other(names, scope.others[names[0]])
    if names[0] in SPECIAL and not _is_own(names, scope):
        return _SPECIAL[names[0]](names, scope)
    if scope.module is None:
        known = ", ".join(_known_without_record(scope))
        refuse("no_record", f'"{path}" is a field, and there is no record here.', f"Known names: {known}.")
    return _follow(scope.module, names, scope)


def _is_own(names: list[str], scope: Scope) -> bool:
    own = scope.module.fields.get(names[0]) if scope.module else None
    return own is not None and (len(names) == 1 or own.target is not None)


def _known_without_record(scope: Scope) -> list[str]:
    outputs = [
        f"trigger.{name}" if node == BROUGHT else f"nodes.{node}.{name}"
        for node, names in scope.outputs.items()
        for name in names
    ]
    return outputs + (["user.email"] if scope.user else []) or ["none"]


def _follow(module: Module, names: list[str], scope: Scope) -> Compiled:
    """`names` read from the row `scope.row` of that module."""
    if names == ["id"] and "id" not in module.fields:
        return _key(module, scope)
    found = _field(module, names, scope)
    if len(names) == 1:
        return field_value(module, found, scope)
    if FIELD_KINDS.get(found.type) is not Kind.REFERENCE:
        _refuse_hop(module, found, names)
    return _through(field_value(module, found, scope), names[1:], scope)


def _key(module: Module, scope: Scope) -> Compiled:
    if len(module.key_columns) != 1:
        return Compiled(f"({module.key_sql(scope.row)})", TEXT)
    return Compiled(f"{scope.row}.{quote(module.key_column)}", reference(module.key, module.key_type))


def _field(module: Module, names: list[str], scope: Scope) -> Field:
    try:
        return module.fields[names[0]]
    except KeyError:
        hint = _suggest(module, names, scope)
        refuse("unknown_field", f'{module.label} has no field "{names[0]}".', hint)


def _suggest(module: Module, names: list[str], scope: Scope) -> str | None:
    """The nearest own field; `record.x` without its head; or the linked module that has such a field."""
    if names[0] == "record" and len(names) > 1:
        return f'Write "{".".join(names[1:])}", without "record.".'
    links = (f for f in module.fields.values() if f.target and f.type != "line_items")
    if found := next((f"{f.key}.{names[0]}" for f in links if names[0] in _fields_of(f.target, scope)), None):
        return f'Did you mean "{found}"?'
    return (
        did_you_mean(names[0], [*module.fields, *SPECIAL, *scope.others])
        or f"Its fields: {_some(module.fields)}."
    )


def _fields_of(key: str | None, scope: Scope) -> Iterable[str]:
    target = scope.catalog.modules.get(key or "")
    return target.fields if target else ()


def _some(names: Iterable[str]) -> str:
    known = list(names)
    return ", ".join(known[:12]) + (" …" if len(known) > 12 else "")


def _refuse_hop(module: Module, found: Field, names: list[str]) -> NoReturn:
    path = ".".join(names)
    if found.type == "line_items":
        message = f'"{found.key}" is many lines, so "{path}" is not one value.'
        refuse(
            "many_values", message, f"Sum, count or compare them: SUM({path}), or a condition over children."
        )
    message = f'{module.label} "{found.key}" leads to no other record, so nothing can follow it.'
    refuse("not_a_link", message, f'Did you mean "{found.key}"?')


def _through(link: Compiled, names: list[str], scope: Scope) -> Compiled:
    """`names` read from the record that `link` leads to."""
    target = scope.catalog.modules.get(link.type.module or "")
    if target is None:
        refuse("not_a_link", f'A link to {link.type.module} cannot be followed further to "{names[0]}".')
    if len(target.key_columns) != 1:
        refuse("not_a_link", f"{target.label} has a key of several columns; links to it cannot be followed.")
    if len(names) == 1 and _is_key(target, names[0]):
        return link
    inner = linked(scope, target)
    value = _follow(target, names, inner)
    where = f"{inner.row}.{quote(target.key_column)} = {link.sql}"
    sql = f"(SELECT {value.sql} FROM {target.sql} {inner.row} WHERE {where})"
    return Compiled(bounded(sql), value.type, value.reads | link.reads)


def _is_key(module: Module, name: str) -> bool:
    found = module.fields.get(name)
    return name == "id" if found is None else found.column == module.key_column


def linked(scope: Scope, module: Module) -> Scope:
    """The scope of a row of another module, read inside a sub-select: a fresh alias, and no change."""
    depth = int(scope.row[1:]) + 1 if scope.row[:1] == "_" and scope.row[1:].isdigit() else 1
    return replace(scope, module=module, row=f"_{depth}", old=None, op=None)


def bounded(sql: str) -> str:
    """The SQL, unless it has grown beyond what one value may be."""
    if len(sql) > LONGEST_SQL:
        message = "This formula is too large once the formula fields that it reads are put in."
        refuse(
            "too_large", message, "Store an intermediate result in a field that a workflow keeps up to date."
        )
    return sql


def field_value(module: Module, found: Field, scope: Scope) -> Compiled:
    """One field of the row `scope.row`. Formula fields are put in where they stand."""
    name = f"{module.key}.{found.key}"
    if found.type == "line_items":
        hint = f"Count or sum them: COUNT({found.key}), or a condition over children."
        refuse("many_values", f'"{found.key}" is many lines, not one value.', hint)
    if found.type == "formula":
        return _formula_field(module, found, name, scope)
    assert found.column is not None
    column = f"{scope.row}.{quote(found.column)}"
    if found.type == "reference" and found.target not in scope.catalog.modules:
        return Compiled(f"{column}::text", TEXT, frozenset({name}))
    kind = type_of_field(found, scope.catalog)
    return Compiled(column + _cast(module, found, kind), kind, frozenset({name}))


# Columns of attached tables have the SQL types that their makers chose; these casts make them ours.
ATTACHED_CASTS = {Kind.DECIMAL: "::numeric", Kind.DATETIME: "::timestamptz", Kind.TIME: "::time"}


def _cast(module: Module, found: Field, kind: ValueType) -> str:
    if not module.attached or module.system or found.options.get("sql_type") == kind.sql:
        return ""
    if found.type == "long_text" and found.read_only:
        return "::text"
    return ATTACHED_CASTS.get(kind.kind, "")


def _formula_field(module: Module, found: Field, name: str, scope: Scope) -> Compiled:
    from whereupon.conditions.formula import compile_formula  # late: the parser is built on first use

    if name in scope.trail:
        circle = " → ".join([*scope.trail[scope.trail.index(name) :], name])
        message = f"These formulas read each other in a circle: {circle}."
        refuse("formula_circle", message, "Take one of them out of the circle.")
    inner = replace(scope, module=module, old=None, op=None, outputs={}, data=None, user=None,
                    others={}, document=None, trail=(*scope.trail, name))  # fmt: skip
    value = compile_formula(str(found.options.get("expression") or ""), inner, _declared(found))
    return Compiled(bounded(f"({value.sql})"), value.type, value.reads | {name})


def _declared(found: Field) -> ValueType | None:
    """The type that a formula field says it has."""
    kind = FIELD_KINDS.get(str(found.options.get("result")))
    return ValueType(kind) if kind is not None and kind is not Kind.REFERENCE else None


# The heads that are not fields -------------------------------------------------------------------


def _other(names: list[str], other: Scope) -> Compiled:
    if other.module is None:
        refuse("no_record", f'"{".".join(names)}" asks for a record, and there is none here.')
    if len(names) == 1:
        refuse("unknown_field", f'"{names[0]}" is a whole record; name a field of it: {names[0]}.id.')
    return _follow(other.module, names[1:], other)


def _old(names: list[str], scope: Scope) -> Compiled:
    if scope.old is None or scope.module is None:
        message = f'"{".".join(names)}" asks how the record was before a change; here there is none.'
        hint = "This can be asked where a record was created, updated or deleted, not on a schedule."
        refuse("no_change", message, hint)
    if len(names) == 1:
        refuse("unknown_field", '"old" is the record before the change; name a field of it.')
    return _follow(scope.module, names[1:], replace(scope, row=scope.old))


def _user(names: list[str], scope: Scope) -> Compiled:
    if scope.user is None:
        hint = _suggest(scope.module, names, scope) if scope.module else None
        refuse("no_user", f'"{".".join(names)}" asks who acts; nobody does here.', hint)
    users = scope.catalog.modules.get("users")
    link = Compiled(scope.user, reference("users", users.key_type if users else "bigint"))
    return link if len(names) == 1 else _through(link, names[1:], scope)


def _node(names: list[str], scope: Scope) -> Compiled:
    if len(names) < 3:
        hint = f"Known: {_some(_known_without_record(scope))}."
        refuse("unknown_output", f'"{".".join(names)}" is not complete: it is nodes.<node>.<output>.', hint)
    node, output, rest = names[1], names[2], names[3:]
    if node not in scope.outputs:
        before = [key for key in scope.outputs if key != BROUGHT]
        hint = did_you_mean(node, before) or f"Blocks before it: {_some(before) or 'none'}."
        refuse("unknown_output", f'No block before this one has the key "{node}".', hint)
    if output not in scope.outputs[node] or scope.data is None:
        has = scope.outputs[node]
        hint = did_you_mean(output, has) or f"It has: {_some(has) or 'none'}."
        refuse("unknown_output", f'The block "{node}" has no output "{output}".', hint)
    kind = _keyed(scope.outputs[node][output], scope)
    value = _output(f"{scope.data}->{literal(node)}", output, kind)
    return _inside(value, rest, scope) if rest else value


def _keyed(kind: ValueType, scope: Scope) -> ValueType:
    """A link has the type of the key that it holds, which a block cannot know without the catalog."""
    target = scope.catalog.modules.get(kind.module or "") if kind.kind is Kind.REFERENCE else None
    return replace(kind, key_type=target.key_type) if target else kind


def _trigger(names: list[str], scope: Scope) -> Compiled:
    known = scope.outputs.get(BROUGHT, {})
    if len(names) < 2 or names[1] not in known or scope.data is None:
        if known:
            hint = did_you_mean(names[1], known) if len(names) > 1 else None
            message = f'"{".".join(names)}" is not among what starts this workflow.'
            refuse("unknown_output", message, hint or f"What arrives: {_some(known)}.")
        refuse("unknown_output", f'"{".".join(names)}": what starts this workflow brings nothing along.')
    value = _output(f"{scope.data}->{literal(BROUGHT)}", names[1], known[names[1]])
    return _inside(value, names[2:], scope) if names[2:] else value


def _inside(value: Compiled, names: list[str], scope: Scope) -> Compiled:
    if value.type.kind is Kind.REFERENCE:
        return _through(value, names, scope)
    if value.type.columns is not None:
        found = column_value(value, names[0], scope)
        return _inside(found, names[1:], scope) if names[1:] else found
    if value.type.kind is not Kind.JSON:
        refuse("not_a_link", f'This output is {value.type.noun}, so ".{names[0]}" cannot follow it.')
    return Compiled(f"({value.sql} #> {literal(names)})", JSON)


def _output(node: str, output: str, kind: ValueType) -> Compiled:
    if kind.kind is Kind.JSON:
        return Compiled(f"({node}->{literal(output)})", kind)
    if kind.kind is Kind.TEXT_LIST:
        items = f"jsonb_array_elements_text(nullif({node}->{literal(output)}, 'null'))"
        return Compiled(f"(SELECT array_agg(_x) FROM {items} _x)", kind)
    return Compiled(
        f"({node}->>{literal(output)})" + ("" if kind.kind is Kind.TEXT else f"::{kind.sql}"), kind
    )


def _document(names: list[str], scope: Scope) -> Compiled:
    from whereupon.conditions.documents import document_value

    return document_value(names, scope)


_SPECIAL = {"old": _old, "nodes": _node, "user": _user, "trigger": _trigger, "document": _document}


# Many records ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Collection:
    """The child records of a record: their module, the link that makes them so, the names that said it.

    `links`: those of the names that lead to the record whose children they are; none: the record itself.
    """

    module: Module
    link: Field
    head: tuple[str, ...]
    links: tuple[str, ...] = ()
    linked_by: frozenset[str] = frozenset()  # "module.field" of each of them

    def joined(self, child: Scope, parent: Scope) -> str:
        """The SQL condition that a child row belongs to the parent row."""
        assert parent.module is not None
        assert self.link.column is not None
        own = f"{parent.row}.{quote(parent.module.key_column)}"
        key = compile_path(".".join(self.links), parent).sql if self.links else own
        return f"{child.row}.{quote(self.link.column)} = {key}"

    @property
    def reads(self) -> frozenset[str]:
        return self.linked_by | {f"{self.module.key}.{self.link.key}"}


def find_collection(names: list[str], scope: Scope) -> Collection | None:
    """The children that the first names mean: a line-items field, `module.field` that links here, or such
    names after links: `project.tasks.project`, the tasks of this record's project."""
    module = scope.module
    if module is None or len(module.key_columns) != 1:
        return None
    own = module.fields.get(names[0])
    if own is not None and own.type == "line_items":
        lines = scope.catalog.modules.get(own.target or f"{module.key}_{own.key}")
        link = lines.fields.get(lines.parent_field or "") if lines else None
        return Collection(lines, link, (names[0],)) if lines and link else None
    if own is not None:
        return _beyond(module, own, names, scope)
    child = scope.catalog.modules.get(names[0])
    link = child.fields.get(names[1]) if child and len(names) > 1 else None
    if child and link and link.target == module.key and link.column:
        return Collection(child, link, (names[0], names[1]))
    return None


def _beyond(module: Module, own: Field, names: list[str], scope: Scope) -> Collection | None:
    """The children of the record that a link leads to."""
    target = scope.catalog.modules.get(own.target or "")
    if target is None or own.column is None or not 2 <= len(names) <= MOST_HOPS + 2:
        return None
    found = find_collection(names[1:], linked(scope, target))
    if found is None:
        return None
    head, links = (names[0], *found.head), (names[0], *found.links)
    return replace(found, head=head, links=links, linked_by=found.linked_by | {f"{module.key}.{own.key}"})
