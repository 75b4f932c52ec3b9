"""Why, or why not: each part of a condition for one record, with the values that it saw and whether it held.

The same SQL that matches and filters is asked here, part by part, in one statement; nothing is evaluated
in Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import asyncpg

from whereupon.conditions.compile import Verdict, check_condition, compile_tree
from whereupon.conditions.constants import constant
from whereupon.conditions.documents import newest_document
from whereupon.conditions.expressions import as_text
from whereupon.conditions.paths import Collection, find_collection, linked
from whereupon.conditions.tree import All, AnyOf, Children, Comparison, Not
from whereupon.conditions.values import Compiled, Kind, Scope, literal, reference
from whereupon.errors import Invalid, NotFound
from whereupon.modules.catalog import Field, Module, quote
from whereupon.people.rights import Rights

# A change of the record, its rows as that change left them; for a delete, the last row is the record.
CHANGED_ROWS = """
whereupon.changes c
CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, coalesce(c.new, c.old)) n
CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, c.old) o
WHERE c.module_id = {module} AND c.record_id = {record} AND c.op <> 'F'"""
# A change that is about a document leaves the record as it is.
CHANGED_DOCUMENTS = """
whereupon.changes c JOIN {table} n ON {key} = c.record_id
CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, to_jsonb(n.*)) o
WHERE c.module_id = {module} AND c.record_id = {record} AND c.op = 'F'"""


async def explain(
    db: asyncpg.Connection[Any],
    condition: object,
    scope: Scope,
    record_id: str,
    change_id: int | None = None,
    *,
    rights: Rights,
) -> dict[str, Any]:
    """The condition as a tree of {held, sentence, …}, for a record as it is or as a change left it.

    Groups have "parts"; comparisons have "field", "operator", "value" (what was seen) and "expected"
    (a list). Without `change_id`, a condition that asks for a change is explained for the record's latest.
    `scope.data` and `scope.user` must be SQL that stands alone. The caller has seen to it that `rights` allow
    to read what the condition reads; here they decide whether a link is shown by its title. Raises
    NotFound, Invalid.
    """
    module = scope.module
    if module is None:
        raise NotFound("There is no module to explain a record of.")
    of_change = change_id is not None or bool(check_condition(condition, replace(scope, old=None, op=None)))
    if of_change:
        about = "c.new" if scope.document is not None else None
        scope = replace(scope, row="n", old="o", op="c.op", document=about)
        source = _changed(module, record_id, change_id, about is not None)
    else:
        about = newest_document(module) if scope.document is not None else None
        scope = replace(scope, old=None, op=None, document=about)
        source = _current(scope, record_id)
    verdict = compile_tree(condition, scope)
    row = await db.fetchrow(_statement(list(_walk(verdict)), scope, source, rights))
    if row is None:
        what = "change of record" if of_change else "record"
        raise NotFound(f"{scope.module.label if scope.module else ''} has no {what} {record_id}.")
    answers: list[tuple[bool, list[Any], list[Any]]] = list(
        zip(row["held"], row["seen"], row["shown"], strict=True)
    )
    return _told(verdict, iter(answers), scope)


def _changed(module: Module, record_id: str, change_id: int | None, of_document: bool) -> str:
    rows = CHANGED_DOCUMENTS if of_document else CHANGED_ROWS
    key = module.key_sql("n")
    source = rows.format(table=module.sql, module=module.id, record=literal(record_id), key=key)
    return source + (f" AND c.id = {int(change_id)}" if change_id else " ORDER BY c.id DESC LIMIT 1")


def _current(scope: Scope, record_id: str) -> str:
    module = scope.module
    assert module is not None
    if len(module.key_columns) != 1:
        return f"{module.sql} {scope.row} WHERE {module.key_sql(scope.row)} = {literal(record_id)}"
    try:
        key = constant(record_id, reference(module.key, module.key_type), scope)
    except Invalid:
        raise NotFound(f"{module.label} has no record {record_id}.") from None
    return f"{module.sql} {scope.row} WHERE {scope.row}.{quote(module.key_column)} = {key.sql}"


def _walk(verdict: Verdict) -> Iterator[Verdict]:
    yield verdict
    for part in verdict.parts:
        yield from _walk(part)


def _statement(verdicts: list[Verdict], scope: Scope, source: str, rights: Rights) -> str:
    """Three arrays, in the order of the parts: whether it held, the values as JSON, and as words."""
    held = ", ".join(f"({v.sql}) IS TRUE" for v in verdicts)
    seen = ", ".join(_array([_json(side) for side in _sides(v)], "jsonb") for v in verdicts)
    shown = ", ".join(_array([_words(side, scope, rights) for side in _sides(v)], "text") for v in verdicts)
    return f"SELECT ARRAY[{held}] AS held, ARRAY[{seen}] AS seen, ARRAY[{shown}] AS shown FROM {source}"


def _array(items: list[str], kind: str) -> str:
    """A JSON array of one part's sides; as JSON because arrays of SQL must be of one length."""
    return f"to_jsonb(ARRAY[{', '.join(items)}]::{kind}[])"


def _sides(verdict: Verdict) -> list[Compiled]:
    """Left, before (as often as left), then what it was compared with."""
    if verdict.left is None:
        return []
    return [verdict.left, verdict.before or verdict.left, *verdict.rights]


def _typed(side: Compiled) -> str:
    return f"({side.sql})::text" if side.type.kind is Kind.TEXT else f"({side.sql})"


def _json(side: Compiled) -> str:
    return f"to_jsonb({_typed(side)})"


def _words(side: Compiled, scope: Scope, rights: Rights) -> str:
    """The value as it reads; a link as the title of the record that it leads to, for who may read that."""
    plain = as_text(Compiled(_typed(side), side.type), scope)
    target = scope.catalog.modules.get(side.type.module or "") if side.type.kind is Kind.REFERENCE else None
    title = target.fields.get(target.title_field or "") if target else None
    if target is None or title is None or title.column is None or len(target.key_columns) != 1:
        return plain
    if not rights.sees([f"{target.key}.{title.key}"]):
        return plain
    key = f"_l.{quote(target.key_column)}"
    found = f"(SELECT _l.{quote(title.column)}::text FROM {target.sql} _l WHERE {key} = {side.sql})"
    return f"coalesce({found}, {plain})"


# How the rows beside the one asked about are called: "this record's Name".
OTHERS = {"record": "this record’s", "target": "its own"}

# Telling it ----------------------------------------------------------------------------------------


def _told(
    verdict: Verdict, answers: Iterator[tuple[bool, list[Any], list[Any]]], scope: Scope
) -> dict[str, Any]:
    held, seen, shown = next(answers)
    found: dict[str, Any] = {"path": verdict.pointer, "held": held}
    match verdict.node:
        case All() | AnyOf() | Not():
            found["kind"] = {All: "all", AnyOf: "any", Not: "not"}[type(verdict.node)]
            found["parts"] = [_told(part, answers, scope) for part in verdict.parts]
            found["sentence"] = f"{_group_words(verdict)}: {_held(held)}"
        case Comparison(field=path, operator=operator):
            found |= {"kind": "comparison", "field": path, "operator": operator}
            found |= {"value": seen[0], "expected": seen[2:]}
            found |= {"before": seen[1]} if verdict.before else {}
            found["sentence"] = _sentence(verdict, label_of(path, scope), held, _labelled(path, shown, scope))
        case Children(children=children, aggregate=aggregate, operator=operator):
            found |= {"kind": "children", "children": children, "aggregate": aggregate, "operator": operator}
            found |= {"value": seen[0], "expected": seen[2:]}
            found["sentence"] = _sentence(verdict, children_words(verdict.node, scope), held, shown)
    return found


def _group_words(verdict: Verdict) -> str:
    match verdict.node:
        case All():
            return "All of these" if verdict.parts else "No condition"
        case AnyOf():
            return "At least one of these"
        case _:
            return "Not this"


def _held(held: bool) -> str:
    return "held" if held else "not held"


def _sentence(verdict: Verdict, subject: str, held: bool, shown: list[Any]) -> str:
    """ "Status is equal to Sent: held, it is Sent"."""
    words = ["empty" if s in (None, "") else str(s) for s in shown]
    asked = (
        f"{subject} {verdict.operator.label} {' and '.join(words[2:])}".rstrip()
        if verdict.operator
        else subject
    )
    now = f"it was {words[1]} and is {words[0]}" if verdict.before else f"it is {words[0]}"
    return f"{asked}: {_held(held)}, {now}"


def _labelled(path: str, shown: list[Any], scope: Scope) -> list[Any]:
    """Choices by their labels, as the person sees them in the form."""
    found = field_of(path, scope)
    labels = choice_labels(found) if found else {}
    return [labels.get(s, s) if isinstance(s, str) else s for s in shown]


def choice_labels(found: Field) -> dict[str, str]:
    """What people see of each choice of a field, by its key."""
    choices: list[Any] = list(found.options.get("choices") or [])
    return {_key(c): _label(c) for c in choices}


def _key(choice: dict[str, Any] | str) -> str:
    return choice if isinstance(choice, str) else str(choice["key"])


def _label(choice: dict[str, Any] | str) -> str:
    return choice if isinstance(choice, str) else str(choice.get("label") or choice["key"])


def field_of(path: str, scope: Scope) -> Field | None:
    """The field that a path ends in; None for outputs and the acting user."""
    fields = list(_fields_on(path, scope))
    return fields[-1] if len(fields) == len(path.split(".")) else None


def label_of(path: str, scope: Scope) -> str:
    """The path in labels: "Account › Country"; as it is where it leads elsewhere."""
    head, _, rest = path.partition(".")
    if head in scope.others and rest and not (scope.module and head in scope.module.fields):
        return f"{OTHERS.get(head, head)} {label_of(rest, scope.others[head])}"
    fields = list(_fields_on(path, scope))
    return " › ".join(f.label for f in fields) if len(fields) == len(path.split(".")) else path


def _fields_on(path: str, scope: Scope) -> Iterator[Field]:
    module = scope.module
    for name in path.split("."):
        found = module.fields.get(name) if module else None
        if found is None:
            return
        yield found
        module = scope.catalog.modules.get(found.target or "")


def children_words(node: Children, scope: Scope) -> str:
    """What is asked of child records: "The number of Tasks", "The number of Project › Tasks"."""
    found = find_collection(node.children.split("."), scope)
    many = _called(found, scope) if found else node.children
    match node.aggregate:
        case "count":
            return f"The number of {many}"
        case "all" | "any" | "none":
            return f"{node.aggregate.capitalize()} of {many} meet the condition"
        case aggregate:
            label = label_of(node.field or "", linked(scope, found.module)) if found else node.field
            return f"The {aggregate} of {label} over {many}"


def _called(rows: Collection, scope: Scope) -> str:
    """Line items by their field's label, other records by their module's; links on the way before it."""
    links = [label_of(".".join(rows.links), scope)] if rows.links else []
    parent = field_of(".".join(rows.links), scope) if rows.links else None
    module = scope.catalog.modules.get(parent.target or "") if parent else scope.module
    own = module.fields.get(rows.head[-1]) if module and len(rows.head) == len(rows.links) + 1 else None
    return " › ".join([*links, own.label if own else rows.module.label_plural])
