"""What a block's or trigger's form needs to know of a field, said in its JSON schema.

The editor draws any form from the schema alone. A field says more of itself with `Shown`:

    link: Annotated[str | None, Shown("path", when={"which": ["linked"]})] = Field(None, title="Which link")

- `x-widget`: what it is edited with. One of WIDGETS; without one, what its JSON type suggests.
- `x-module`: keys beside it, tried in order, of which the first that is set tells which module it is
  about; none set: the workflow's own module. "../module" is a key of the object around it.
- `x-values`: the same for the records from which an assignment's values are taken.
- `x-others`: rows beside the one that its names are about: "record" is the run's own, "target" the one
  that is written; their fields are named record.… and target.….
- `x-types`: the types of field that can be chosen.
- `x-when`: keys beside it with the values for which it is shown (true: any value that is set). A list
  of such objects: one of them is enough.
- `x-labels`: what people see of the values of a choice.
- `x-field`: the key beside it that names the field whose choices these are.
- `x-channel`: which saved templates can be chosen: those of mails (email), or of PDFs (pdf).
- `x-advanced`: rarely needed, shown when asked for.
- `x-one-of`, on an object: exactly one of these groups of keys is filled in; each has a label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

from whereupon.conditions.tree import Condition, Value

Widget = Literal[
    "condition", "value", "assignments", "template", "template-long", "html", "formula", "field", "fields",
    "path", "children", "module", "user", "group", "saved-template", "cron", "time-zone", "time", "choice",
    "key", "person", "recipient", "attachment", "duration", "schedule", "secret", "ai-provider", "script",
    "workflow", "data-task", "text-provider", "chat-provider", "document-block", "ai-along", "file-store",
    "playbook",
]  # fmt: skip
WIDGETS: tuple[str, ...] = get_args(Widget)
# Trees without end in JSON schema: the widget's name says all that a form needs.
WHOLE = ("condition", "value", "assignments")
KEPT = ("type", "minProperties", "maxProperties")
When = Mapping[str, Sequence[str] | Literal[True]]


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """How a field of a configuration is shown. Changes its JSON schema and nothing else."""

    widget: Widget | None = None
    module: Sequence[str] = ()
    values: Sequence[str] = ()
    others: Sequence[str] = ()
    types: Sequence[str] = ()
    when: When | Sequence[When] | None = None
    labels: Mapping[str, str] | None = None
    field: str | None = None
    channel: str | None = None
    advanced: bool = False

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        found = handler(core)
        if self.widget in WHOLE:
            found = {key: found[key] for key in KEPT if key in found}
        return {**found, **self.keywords()}

    def keywords(self) -> dict[str, Any]:
        """The keywords that it adds to the schema.

        >>> Shown("field", types=["date"]).keywords()
        {'x-widget': 'field', 'x-types': ['date']}
        """
        said: dict[str, Any] = {
            "x-widget": self.widget,
            "x-module": list(self.module),
            "x-values": list(self.values),
            "x-others": list(self.others),
            "x-types": list(self.types),
            "x-when": self.when,
            "x-labels": dict(self.labels or {}),
            "x-field": self.field,
            "x-channel": self.channel,
            "x-advanced": self.advanced,
        }
        return {key: value for key, value in said.items() if value}


def one_of(groups: Mapping[str, Sequence[str]], **more: Any) -> dict[str, Any]:
    """For a model's `json_schema_extra`: exactly one group of its keys is filled in.

    >>> one_of({"A user": ["user"]})
    {'x-one-of': [{'label': 'A user', 'keys': ['user']}]}
    """
    return {"x-one-of": [{"label": label, "keys": list(keys)} for label, keys in groups.items()], **more}


# The kinds of field that most blocks have.
AskedCondition = Annotated[Condition, Shown("condition")]
ComputedValue = Annotated[Value, Shown("value")]
Line = Annotated[str, Shown("template")]
Paragraph = Annotated[str, Shown("template-long")]
TIME_UNITS = {
    "seconds": "seconds", "minutes": "minutes", "hours": "hours", "days": "days", "weeks": "weeks",
    "months": "months",
}  # fmt: skip
