"""Every name that may be used at a node: what a picker offers, level by level (A10).

Each says how it is written in a text and in a formula, so that whoever picks it need not know either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from whereupon.conditions.documents import FIELDS as DOCUMENT_FIELDS
from whereupon.conditions.rows import column_field, column_type
from whereupon.conditions.values import BROUGHT, FIELD_KINDS, NOUNS, Kind, Scope, ValueType
from whereupon.errors import NotFound
from whereupon.modules.catalog import Field, Module
from whereupon.people.rights import Rights
from whereupon.templates.names import ORGANISATION
from whereupon.workflows.plan import Plan

MOST_LEVELS = 8
FORMULA_NOUNS = {
    "integer": NOUNS[Kind.INTEGER], "decimal": NOUNS[Kind.DECIMAL], "boolean": NOUNS[Kind.BOOLEAN],
    "date": NOUNS[Kind.DATE], "datetime": NOUNS[Kind.DATETIME], "text": NOUNS[Kind.TEXT],
}  # fmt: skip
MANY = "a list of records"


@dataclass(frozen=True, slots=True)
class Variable:
    """One name. `path`: ask for it to see what is below, None where nothing is.

    `template`: as a text says it; `formula`: as a formula or a field of a condition does. None: it
    cannot be used there.
    """

    name: str
    label: str
    type: str
    group: str
    field_type: str | None = None
    path: str | None = None
    template: str | None = None
    formula: str | None = None

    @property
    def expandable(self) -> bool:
        return self.path is not None


@dataclass(frozen=True, slots=True)
class Names:
    """Who asks, and what names mean at the node."""

    scope: Scope
    plan: Plan
    rights: Rights


def variables(names: Names, path: str = "") -> list[Variable]:
    """The names at the first level, or those below `path`. Raises NotFound for what has none below."""
    if path:
        return list(_below(names, path))
    scope, module = names.scope, names.scope.module
    return [
        *_brought(names),
        *_document(scope),
        *(_fields(names, module, _Written(module.label, "", "record.")) if module else ()),
        *(_children(names, module) if module else ()),
        *_old(scope),
        *_outputs(names),
        *_moments(),
        *_user(names),
        *_organisation(),
    ]


@dataclass(frozen=True, slots=True)
class _Written:
    """How the fields of a record are written: their group, what stands before their names."""

    group: str
    formula: str | None
    template: str | None
    links: bool = True


def _fields(names: Names, module: Module, written: _Written) -> Iterator[Variable]:
    readable = names.rights.readable(module)
    if "id" not in module.fields and len(module.key_columns) == 1:
        yield _variable(written, "id", "Id", "a link to itself", None, None)
    for found in module.fields.values():
        if found.key in readable and found.type != "line_items":
            yield _field(names, found, written)


def _field(names: Names, found: Field, written: _Written) -> Variable:
    target = names.scope.catalog.modules.get(found.target or "")
    follows = written.links and target is not None and len(target.key_columns) == 1
    path = f"{written.formula or ''}{found.key}"
    deeper = follows and found.type != "file" and path.count(".") < MOST_LEVELS
    return _variable(
        written, found.key, found.label, _noun(found, target), found.type, path if deeper else None
    )


def _variable(
    written: _Written, key: str, label: str, noun: str, kind: str | None, path: str | None
) -> Variable:
    template, formula = written.template, written.formula
    return Variable(
        name=f"{formula or ''}{key}",
        label=label,
        type=noun,
        group=written.group,
        field_type=kind,
        path=path,
        template=f"{{{{ {template}{key} }}}}" if template is not None else None,
        formula=f"{formula}{key}" if formula is not None else None,
    )


def _noun(found: Field, target: Module | None) -> str:
    if found.type == "formula":
        return FORMULA_NOUNS.get(str(found.options.get("result")), NOUNS[Kind.TEXT])
    kind = FIELD_KINDS.get(found.type, Kind.TEXT)
    if found.type == "file":
        return "a file"
    return NOUNS.get(kind) or f"a link to {target.label_plural if target else found.target}"


def _children(names: Names, module: Module) -> Iterator[Variable]:
    """Line items, and records of other modules that link to this one: used in a loop, or summed up."""
    catalog, readable = names.scope.catalog, names.rights.readable(module)
    for found in module.fields.values():
        if found.type == "line_items" and found.key in readable:
            yield _many(found.key, found.label, module.label, f"record.{found.key}")
    links = [(child, f) for child, f in catalog.children(module.key) if names.rights.may("read", child.key)]
    for child, link in links:
        if child.parent_field == link.key:
            continue  # these are the line items
        alone = sum(other.key == child.key for other, _ in links) == 1
        label = child.label_plural if alone else f"{child.label_plural} ({link.label})"
        looped = f"record.{child.key}" if alone else f'record["{child.key}.{link.key}"]'
        yield _many(f"{child.key}.{link.key}", label, f"Linked to this {module.label}", looped)


def _many(name: str, label: str, group: str, looped: str) -> Variable:
    loop = f"{{% for line in {looped} %}}{{{{ line.id }}}} {{% endfor %}}"
    return Variable(name, label, MANY, group, "line_items", name, loop, f"COUNT({name})")


def _old(scope: Scope) -> Iterator[Variable]:
    if scope.old is not None and scope.module is not None:
        label = f"{scope.module.label} before the change"
        yield Variable("old", label, "a record", label, None, "old")


def _outputs(names: Names) -> Iterator[Variable]:
    labels = {node.key: node.label for node in names.plan.document.nodes}
    for node, outputs in names.scope.outputs.items():
        if node == BROUGHT:
            continue
        block = names.plan.steps[node].block.label
        for name, kind in outputs.items():
            path = f"nodes.{node}.{name}"
            group = f"From “{labels.get(node) or block}”"
            label = name.replace("_", " ").capitalize()
            if kind.columns is not None:
                yield from _rows(names, path, label, kind, group)
            else:
                yield Variable(path, label, kind.noun, group, None, None, f"{{{{ {path} }}}}", path)


def _rows(names: Names, path: str, label: str, kind: ValueType, group: str) -> Iterator[Variable]:
    """Rows that a block read are looped over in a text; of a single row, each column is a name."""
    columns = kind.columns or ()
    if kind.many:
        shown = next((column for column in columns if column != "id"), "id")
        loop = f"{{% for row in {path} %}}{{{{ row.{shown} }}}} {{% endfor %}}"
        yield Variable(path, label, kind.noun, group, None, None, loop, None)
        return
    for column in columns:
        found = column_field(kind, column, names.scope.catalog)
        noun = column_type(kind, column, names.scope.catalog).noun
        name, called = f"{path}.{column}", f"{label}: {found.label if found else 'Id'}"
        kind_of = found.type if found else None
        yield Variable(name, called, noun, group, kind_of, None, f"{{{{ {name} }}}}", name)


def _brought(names: Names) -> Iterator[Variable]:
    """What the start brings along."""
    for name, kind in names.scope.outputs.get(BROUGHT, {}).items():
        path, label = f"trigger.{name}", name.replace("_", " ").capitalize()
        yield Variable(path, label, kind.noun, "What arrived", None, None, f"{{{{ {path} }}}}", path)


def _document(scope: Scope) -> Iterator[Variable]:
    """What is known of the file that the workflow is about."""
    for name, (kind, _) in DOCUMENT_FIELDS.items() if scope.document is not None else ():
        path, label = f"document.{name}", name.replace("_", " ").capitalize()
        yield Variable(path, label, kind.noun, "The document", None, None, f"{{{{ {path} }}}}", path)


def _moments() -> Iterator[Variable]:
    yield Variable(
        "today", "Today", NOUNS[Kind.DATE], "Date and time", "date", None, "{{ today }}", "TODAY()"
    )
    yield Variable(
        "now", "Now", NOUNS[Kind.DATETIME], "Date and time", "datetime", None, "{{ now }}", "NOW()"
    )


def _user(names: Names) -> Iterator[Variable]:
    users = names.scope.catalog.modules.get("users")
    if names.scope.user is not None and users is not None:
        written = _Written("Who publishes it", "user.", "user.")
        yield from _fields(names, users, replace(written, links=False))


def _organisation() -> Iterator[Variable]:
    for key in ORGANISATION:
        label = key.replace("_", " ").capitalize()
        template = f"{{{{ organisation.{key} }}}}"
        yield Variable(f"organisation.{key}", label, NOUNS[Kind.TEXT], "Organisation", None, None, template)


# Level by level ------------------------------------------------------------------------------------


def _below(names: Names, path: str) -> Iterator[Variable]:
    module = names.scope.module
    if module is None:
        raise _nothing_below(path)
    if path == "old" and names.scope.old is not None:
        label = f"{module.label} before the change"
        return _fields(names, module, _Written(label, "old.", "old.", links=False))
    if found := _lines(names, module, path):
        return _fields(names, found[0], _Written(found[1], f"{path}.", "line.", links=False))
    return _linked(names, module, path)


def _lines(names: Names, module: Module, path: str) -> tuple[Module, str] | None:
    """The module of line items or child records of that name, and what to call it."""
    catalog = names.scope.catalog
    own = module.fields.get(path)
    if own is not None and own.type == "line_items":
        lines = catalog.modules.get(own.target or f"{module.key}_{own.key}")
        return (lines, own.label) if lines else None
    key, _, link = path.partition(".")
    child = catalog.modules.get(key) if key not in module.fields else None
    reference = child.fields.get(link) if child else None
    is_child = child is not None and reference is not None and reference.target == module.key
    return (child, child.label_plural) if child is not None and is_child else None


def _linked(names: Names, module: Module, path: str) -> Iterator[Variable]:
    """The fields of the record at the end of a path over links. Raises NotFound."""
    current, labels = module, list[str]()
    steps = path.split(".")
    for step in steps:
        found = current.fields.get(step) if step in names.rights.readable(current) else None
        target = names.scope.catalog.modules.get(found.target or "") if found else None
        if found is None or target is None or len(target.key_columns) != 1 or found.type == "line_items":
            raise _nothing_below(path)
        current, labels = target, [*labels, found.label]
    if len(steps) > MOST_LEVELS:
        raise _nothing_below(path)
    return _fields(names, current, _Written(" › ".join(labels), f"{path}.", f"record.{path}."))


def _nothing_below(path: str) -> NotFound:
    return NotFound(
        f'"{path[:100]}" leads to no other record.', suggestion="Follow a field that is a link to a record."
    )


def as_json(variable: Variable) -> Mapping[str, object]:
    """As the API gives it."""
    return {
        "name": variable.name, "label": variable.label, "type": variable.type, "group": variable.group,
        "field_type": variable.field_type, "expandable": variable.expandable, "path": variable.path,
        "template": variable.template, "formula": variable.formula,
    }  # fmt: skip
