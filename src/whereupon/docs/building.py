"""Pages for people who build workflows: blocks, triggers, conditions, functions, fields, templates."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from whereupon.conditions.functions import INSTEAD
from whereupon.conditions.functions import ROWS as FUNCTIONS
from whereupon.conditions.operators import ROWS as OPERATORS
from whereupon.conditions.operators import Operator, Right
from whereupon.conditions.tree import MOST_ITEMS, MOST_LEAVES, MOST_LEVELS
from whereupon.conditions.values import NOUNS, Kind, ValueType
from whereupon.docs import notes
from whereupon.docs.markdown import code, json_block, listed, page, table
from whereupon.docs.schema import tables_of
from whereupon.modules.field_types import FIELD_TYPES, FieldType
from whereupon.sdk import registry
from whereupon.sdk.block import Block
from whereupon.sdk.trigger import Trigger
from whereupon.templates.filters import FILTERS
from whereupon.templates.names import ORGANISATION
from whereupon.workflows.document import Document, ErrorPolicy

KINDS = {Kind.REFERENCE: "a link", **NOUNS}
RIGHTS = {
    Right.NONE: "nothing", Right.ONE: "one value", Right.LIST: "a list", Right.PAIR: "a list of two values",
    Right.DAYS: "a number of days, negative for the past",
}  # fmt: skip


# Blocks and triggers -------------------------------------------------------------------------------


def blocks() -> str:
    """What a workflow can do."""
    ours = _ours(registry.blocks())
    rows = ([f"[{b.label}](#{b.key})", code(b.key), b.group, b.description] for b in ours)
    intro = "What a workflow can do. A block has exits, a configuration, and outputs for the blocks after it."
    return page(
        "# Blocks",
        intro,
        table(("block", "key", "group", "what it does"), rows),
        *(_block(block) for block in ours),
        "## Every block\n\nThese stand beside a node's configuration, whatever its block. **on_error** says "
        "what "
        "follows when the block fails for a run:",
        tables_of(ErrorPolicy),
        "`stop` ends the run as failed. `continue` goes on by the first exit. `retry` tries again after a "
        "pause. "
        "`exit` goes on by the exit `error`, which must be connected.",
    )


def _ours(found: Mapping[str, Any]) -> list[Any]:
    """What this package ships; other packages document their own."""
    return [one for _, one in sorted(found.items()) if type(one).__module__.startswith("whereupon.")]


def _block(block: Block[Any]) -> str:
    ways = {
        False: "in the database, in the transaction of the run",
        True: "outside the database, after the commit",
    }
    outputs = ([code(name), _noun(kind)] for name, kind in block.outputs.items())
    return page(
        f"## {block.key}",
        f"**{block.label}** ({block.group}). {block.description}",
        (type(block).__doc__ or ""),
        f"Exits: {_exits(block)}. Works {ways[block.leaves]}.",
        tables_of(block.Config),
        table(("output", "type"), outputs),
        _examples(block.examples),
    )


def _exits(block: Block[Any]) -> str:
    """The exits of all examples together: some depend on the configuration."""
    configs = (block.Config.model_validate(example) for example in block.examples)
    found = dict.fromkeys(port for config in configs for port in block.ports(config))
    return listed(found) or "none"


def _noun(kind: ValueType) -> str:
    return kind.noun


def _examples(examples: Iterable[Mapping[str, Any]]) -> str:
    return page(*(json_block(dict(example)) for example in examples))


def triggers() -> str:
    """What starts a workflow."""
    ours = _ours(registry.triggers())
    rows = ([f"[{t.label}](#{t.key})", code(t.key), t.description] for t in ours)
    return page(
        "# Triggers",
        "What starts a workflow. The node START names its trigger, the trigger's configuration, and a "
        "filter:",
        json_block({"key": "start", "block": "start", "config": {"trigger": "record_created", "filter": {
            "field": "status", "operator": "equals", "value": "new"}}}),
        table(("trigger", "key", "when"), rows),
        *(_trigger(trigger) for trigger in ours),
    )  # fmt: skip


def _trigger(trigger: Trigger[Any]) -> str:
    sees = "Its filter may ask what has changed." if trigger.has_old else ""
    return page(
        f"## {trigger.key}",
        f"**{trigger.label}.** {trigger.description} {sees}".strip(),
        type(trigger).__doc__ or "",
        tables_of(trigger.Config) if trigger.Config.model_fields else "No configuration of its own.",
        _examples({"trigger": trigger.key, **example} for example in trigger.examples),
    )


# Conditions and formulas ---------------------------------------------------------------------------

SHAPES = (
    ({"field": "status", "operator": "equals", "value": "open"}, "a comparison"),
    ({"all": [{"field": "amount", "operator": "at_least", "value": 100}]}, "every one of these holds"),
    ({"any": [{"field": "email", "operator": "is_not_empty"}]}, "at least one of these holds"),
    ({"not": {"field": "status", "operator": "equals", "value": "done"}}, "this does not hold"),
    ({"children": "items.parent", "aggregate": "all", "where": {"field": "status", "operator": "equals",
      "value": "done"}}, "about the records that link here"),
)  # fmt: skip
VALUES = (
    ('`12`, `"text"`, `true`, `["a", "b"]`', "a constant"),
    (
        '`{"field": "account.credit_limit"}`',
        "another field, of the record, a linked record or an earlier block",
    ),
    ('`{"formula": "ROUND(amount * 1.24, 2)"}`', "what a [formula](functions.md) gives"),
    ('`{"today": {"plus": 3, "unit": "days"}}`', "today in the workflow's time zone, or so far from it"),
    ('`{"now": {"plus": -2, "unit": "hours"}}`', "this moment, or so far from it"),
    ('`{"dynamic": "tomorrow"}`', "`today`, `tomorrow`, `yesterday` or `now`"),
)


def conditions() -> str:
    """Conditions: their shapes, operators and values."""
    shapes = ([code(json.dumps(shape)), words] for shape, words in SHAPES)
    return page(
        "# Conditions",
        "Conditions serve trigger filters, If, Switch, waits and lists of records, and mean the same in all "
        "of them: "
        "each is compiled to SQL. A missing value satisfies no comparison, except *is empty* and the "
        "negative "
        "operators. Texts are compared without regard to case; accents count.",
        table(("JSON", "meaning"), shapes),
        f"At most {MOST_LEAVES} comparisons, {MOST_LEVELS} levels deep, {MOST_ITEMS:,} items in a list.",
        "A `field` may follow links: `account.country`, `owner.manager.email`. `children` names line items, "
        "or a "
        "module and its reference field; `aggregate` is `count`, `sum`, `min`, `max`, `average` (compared by "
        "`operator` and `value`) or `all`, `any`, `none`. *All* of no child records does not hold; *none* "
        "does.",
        "## Operators",
        table(("operator", "in words", "for", "on the right"), (_operator(one) for one in OPERATORS)),
        "Operators with *changed* need a trigger that knows the record before the change.",
        "## Values",
        table(("JSON", "meaning"), VALUES),
    )


def _operator(one: Operator) -> list[str]:
    return [code(one.key), one.label, _kinds(one.takes), RIGHTS[one.right]]


def _kinds(kinds: frozenset[Kind]) -> str:
    most = frozenset(KINDS) - {Kind.NOTHING}
    return "everything" if kinds == most else ", ".join(KINDS[kind] for kind in Kind if kind in kinds)


def functions() -> str:
    """The functions of formulas."""
    groups = dict.fromkeys(row.group for row in FUNCTIONS)
    parts: list[str] = []
    for group in groups:
        rows = (
            [
                code(f"{f.name}({f.takes})"),
                f.doc,
                code(f.example),
                code(f.value) if f.value is not None else "changes",
            ]
            for f in FUNCTIONS
            if f.group == group
        )
        parts.append(f"## {group}\n\n{table(('function', 'gives', 'example', 'value'), rows)}")
    return page(
        "# Functions of formulas",
        "Formulas are Excel's language over the fields of a record: `ROUND(amount * 1.24, 2)`, "
        '`IF(total > 100, "A", "B")`, `TODAY() + 3`. They are typed when they are saved and compiled to SQL. '
        "Names are fields (`amount`, `account.name`), `old.status`, `nodes.<node>.<output>` and "
        "`user.email`. "
        "A result that cannot be (a division by zero) is missing, never an error.",
        *parts,
        "## From Excel",
        table(("Excel's", "here"), ([code(name), text] for name, text in sorted(INSTEAD.items()))),
    )


# Modules and templates -----------------------------------------------------------------------------


def field_types() -> str:
    """The types of field."""
    rows = (
        [f"[{t.label}](#{t.key})", code(t.key), _column(t), notes.FIELD_TYPES[t.key]]
        for t in FIELD_TYPES.values()
    )
    return page(
        "# Field types",
        "A field is a real column with real constraints, unless its type says that it has none.",
        table(("type", "key", "column", "what it holds"), rows),
        *(page(f"## {t.key}", tables_of(t.options)) for t in FIELD_TYPES.values()),
    )


def _column(kind: FieldType) -> str:
    if kind.key == "reference":
        return "the type of the target's key"
    return code(kind.sql(kind.options.model_construct().model_dump())) if kind.sql else "none"


ROOTS = (
    ("record", "the record: `{{ record.name }}`, through links `{{ record.account.name }}`"),
    ("old", "the record before the change, where the trigger has one"),
    ("nodes", "outputs of the blocks before: `{{ nodes.mail.status }}`"),
    ("trigger", "what the start brought along: `{{ trigger.email }}`, where another program sends data"),
    ("user", "whom the run acts as: `{{ user.email }}`"),
    ("organisation", "the organisation's settings: " + listed(ORGANISATION)),
    ("today", "today in the workflow's time zone"),
    ("now", "this moment in the workflow's time zone"),
)


def templates() -> str:
    """Names and filters of text templates."""
    rows = (
        [code(name), doc, code(text), code(shown) if shown else ""] for name, (doc, text, shown) in _filters()
    )
    return page(
        "# Templates",
        "Texts of mails, notifications and tasks are [Liquid](https://shopify.github.io/liquid/). Every name "
        "is checked "
        "when the text is saved. In HTML, values are escaped. Limits on size, loops and time cannot be "
        "passed.",
        "## Names",
        table(("name", "what it is"), ([code(name), text] for name, text in ROOTS)),
        "Child records are lists: `{% for line in record.lines %}{{ line.product.name }}{% endfor %}`.",
        "## Filters",
        table(("filter", "gives", "example", "value"), rows),
    )


def _filters() -> list[tuple[str, tuple[str, str, str]]]:
    return [(name, notes.FILTERS[name]) for name in sorted(FILTERS)]


# Workflow documents --------------------------------------------------------------------------------


def document_schema() -> str:
    """The JSON schema of a workflow document."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Document.model_json_schema(by_alias=True),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def workflow_document() -> str:
    """How a workflow document is made up."""
    return page(
        "# Workflow documents",
        "A workflow is one JSON document: nodes, edges and settings. Its [JSON schema](workflow.schema.json) "
        "is "
        "published. The node whose `block` is `start` says what starts the workflow "
        "([triggers](triggers.md)); the "
        "others are [blocks](blocks.md). An edge leads from an exit (`port`) of one node to another node.",
        tables_of(Document),
    )
