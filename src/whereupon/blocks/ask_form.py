"""D23: asks somebody to fill in a form, in the inbox or, outside the office, by a secret link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from whereupon.conditions.values import BOOLEAN, DATE, DATETIME, DECIMAL, INTEGER, TEXT, Scope, ValueType
from whereupon.conditions.words import shortened
from whereupon.errors import Invalid, Problem, WhereuponError
from whereupon.modules.catalog import Field as ModuleField
from whereupon.modules.catalog import Module
from whereupon.people.secrets import key_hash, new_key
from whereupon.records.write import Writer, update_record
from whereupon.sdk.asking import (
    Answered,
    Question,
    TimeLimit,
    addresses_of_sql,
    answers,
    ask,
    asked_sql,
    due_sql,
    hand_on_forsaken,
    link_to,
    time_out,
)
from whereupon.sdk.block import Batch, Block, Config, RunView
from whereupon.sdk.fields import Line, Paragraph, Shown, one_of
from whereupon.sdk.outcomes import Done, Fail, Outcome, Wait
from whereupon.sdk.people import (
    Person,
    Recipient,
    addresses_sql,
    check_person,
    people_words,
    person_words,
    reads_of,
)
from whereupon.sdk.texts import check_text, reads_of_text, render_texts
from whereupon.sdk.variables import NAME, repeated
from whereupon.sdk.writing import writable_field

TYPES: Mapping[str, ValueType] = {
    "text": TEXT, "long_text": TEXT, "integer": INTEGER, "decimal": DECIMAL, "boolean": BOOLEAN, "date": DATE,
    "datetime": DATETIME, "email": TEXT, "phone": TEXT, "url": TEXT, "select": TEXT,
}  # fmt: skip
TYPE_LABELS = {
    "text": "Text", "long_text": "Long text", "integer": "Whole number", "decimal": "Number",
    "boolean": "Yes or no", "date": "Date", "datetime": "Date and time", "email": "Email address",
    "phone": "Phone number", "url": "Web address", "select": "One of several",
}  # fmt: skip
OF_RECORDS = (*TYPES, "money", "time", "stage", "multi_select")  # fields of the record that may be asked for
OWN: Mapping[str, ValueType] = {"by": TEXT, "at": DATETIME}
WHOM = {"People of the office": ["ask"], "Somebody outside, by a link": ["outside"]}
ANSWERED = "answered"


class FormField(Config):
    """One thing that is asked for."""

    name: str = Field(pattern=NAME, title="Name", description="As later blocks use it: nodes.form.name.")
    label: str = Field(min_length=1, max_length=200, title="Label")
    type: Annotated[
        Literal[
            "text", "long_text", "integer", "decimal", "boolean", "date", "datetime", "email", "phone", "url",
            "select",
        ],
        Shown(labels=TYPE_LABELS),
    ] = Field("text", title="What it is")  # fmt: skip
    choices: Annotated[list[str], Shown(when={"type": ["select"]})] = Field(
        default_factory=list[str], max_length=200, title="Choices"
    )
    required: bool = Field(False, title="Must be filled in")
    help: str = Field("", max_length=500, title="Help")

    @model_validator(mode="after")
    def has_choices(self) -> FormField:
        if (self.type == "select") != bool(self.choices):
            raise ValueError("choices go with “One of several”, and only with it")
        return self


class FormConfig(Config):
    """Whom, what, and by when."""

    model_config = ConfigDict(json_schema_extra=one_of(WHOM))

    ask: list[Person] | None = Field(None, min_length=1, max_length=20, title="Who fills it in")
    outside: Recipient | None = Field(
        None, title="Who gets the link", description="A mail with the text below and the link goes there."
    )
    title: Line = Field(min_length=1, max_length=300, title="Title", description="May contain variables.")
    text: Paragraph = Field("", max_length=5_000, title="What they should know")
    fields: list[FormField] = Field(
        default_factory=list[FormField],
        max_length=100,
        title="Questions",
        description="The answers are there for later blocks.",
    )
    record_fields: Annotated[list[str], Shown("fields", types=OF_RECORDS)] = Field(
        default_factory=list[str],
        max_length=100,
        title="Fields of the record",
        description="Asked for, too; what is filled in is written into the record.",
    )
    prefill: bool = Field(
        False,
        title="Fill in what the record has",
        description="Whoever fills it in sees these fields as they are, also somebody outside. "
        "What they make empty becomes empty in the record.",
    )
    time_limit: TimeLimit | None = Field(
        None, title="At most", description="After this the link ends, and the run leaves by “Time is up”."
    )
    mail: Annotated[bool, Shown(when={"ask": True})] = Field(False, title="Write them a mail, too")

    @model_validator(mode="after")
    def fits(self) -> FormConfig:
        if (self.ask is None) == (self.outside is None):
            raise ValueError("choose exactly one of ask and outside")
        if not self.fields and not self.record_fields:
            raise ValueError("ask for at least one thing")
        names = [*(one.name for one in self.fields), *self.record_fields]
        if twice := repeated(names):
            raise ValueError(f'there are two fields "{twice}"')
        if taken := set(OWN) & {one.name for one in self.fields}:
            raise ValueError(f'"{min(taken)}" is a name of this block\'s own')
        if self.outside is not None and self.time_limit is None:
            raise ValueError("a link to somebody outside has to end: set a time limit")
        return self


class AskForm(Block[FormConfig]):
    """Whoever answers first answers for all."""

    key = "ask_form"
    label = "Ask for a form"
    group = "People"
    icon = "note"
    description = "Asks people, or somebody outside, to fill in a form, and goes on with the answers."
    Config = FormConfig
    outputs: ClassVar = OWN
    waits = True
    port_labels: ClassVar = {"filled": "Filled in", "timeout": "Time is up"}
    examples = (
        {
            "ask": [{"owner": True}], "title": "What did {{ record.name }} say?",
            "fields": [
                {"name": "answer", "label": "Answer", "type": "select", "choices": ["Yes", "No"]},
                {"name": "again", "label": "Call again on", "type": "date"},
            ],
        },
        {
            "outside": {"field": "email"}, "title": "Your details", "text": "Please check them.",
            "record_fields": ["due_date"], "prefill": True, "time_limit": {"amount": 14, "unit": "days"},
        },
    )  # fmt: skip

    def ports(self, config: FormConfig) -> tuple[str, ...]:
        return ("filled", *(("timeout",) if config.time_limit else ()))

    def outputs_of(self, config: FormConfig) -> Mapping[str, ValueType]:
        return {**OWN, **{one.name: TYPES[one.type] for one in config.fields}}

    def check(self, config: FormConfig, scope: Scope) -> list[Problem]:
        found = [
            problem
            for index, person in enumerate(config.ask or ())
            for problem in check_person(person, scope, f"/ask/{index}", needs_user=True)
        ]
        if config.outside is not None:
            found += check_person(config.outside, scope, "/outside", needs_user=False)
        found += check_text(config.title, scope, "/title") + check_text(config.text, scope, "/text")
        return found + _check_fields(config, scope.module)

    def describe(self, config: FormConfig, scope: Scope) -> str:
        whom = people_words(config.ask, scope) if config.ask else _outside_words(config, scope)
        return f"Form for {whom}: {shortened(config.title, 80)}"

    def reads(self, config: FormConfig, scope: Scope) -> frozenset[str]:
        asked = [*(config.ask or ()), *((config.outside,) if config.outside else ())]
        people = frozenset[str]().union(*(reads_of(person, scope) for person in asked))
        shown = self.writes(config, scope) if config.prefill else frozenset[str]()
        return people | shown | reads_of_text(config.title, scope) | reads_of_text(config.text, scope)

    def writes(self, config: FormConfig, scope: Scope) -> frozenset[str]:
        module = scope.module
        return frozenset(f"{module.key}.{key}" for key in config.record_fields) if module else frozenset()

    async def run_batch(self, config: FormConfig, batch: Batch) -> list[Outcome]:
        scope = batch.place.scope
        users = asked_sql(config.ask or (), scope)
        addresses = addresses_sql(config.outside, scope) if config.outside else addresses_of_sql(users)
        columns = {"users": users, "due": due_sql(config.time_limit, scope), "addresses": addresses}
        rows = await batch.rows(columns)
        texts = await render_texts(batch, {"title": config.title, "text": config.text})
        fields = form_fields(config, scope.module)
        questions = {
            run.id: _question(config, run, rows[run.id], texts[run.id], fields)
            for run in batch.runs
            if rows[run.id]["addresses" if config.outside else "users"]
        }
        await ask(batch, "form", list(questions.values()))
        return [_asked(questions.get(run.id), config) for run in batch.runs]

    async def wake_batch(self, config: FormConfig, batch: Batch) -> list[Outcome]:
        found = await answers(batch)
        if await hand_on_forsaken(batch, found):
            found = await answers(batch)
        late = await time_out(batch, found)
        return [await _outcome(config, batch, run, found.get(run.id), run.id in late) for run in batch.runs]

    async def skip_batch(self, config: FormConfig, batch: Batch) -> list[Outcome]:
        output = dict.fromkeys(self.outputs_of(config))
        return [Done("filled", output) for _ in batch.runs]


def _outside_words(config: FormConfig, scope: Scope) -> str:
    return person_words(config.outside, scope) if config.outside else ""


def form_fields(config: FormConfig, module: Module | None) -> list[dict[str, Any]]:
    """The fields as they are stored with the question: what people see, and how answers are checked."""
    own = [
        {
            "key": one.name, "label": one.label, "type": one.type, "required": one.required, "help": one.help,
            "options": {"choices": [{"key": choice, "label": choice} for choice in one.choices]},
        }
        for one in config.fields
    ]  # fmt: skip
    known: Mapping[str, ModuleField] = module.fields if module else {}
    return own + [_of_record(known[key]) for key in config.record_fields if key in known]


def _of_record(field: ModuleField) -> dict[str, Any]:
    kept = {name: field.options[name] for name in ("choices", "max_length", "precision", "scale", "currency")
            if name in field.options}  # fmt: skip
    return {
        "key": field.key, "label": field.label, "type": field.type, "required": field.required,
        "help": field.description, "options": kept,
    }  # fmt: skip


def _check_fields(config: FormConfig, module: Module | None) -> list[Problem]:
    found: list[Problem] = []
    for index, key in enumerate(config.record_fields):
        at = f"/record_fields/{index}"
        if module is None:
            return [
                Problem("no_record", "There is no record here.", "/record_fields", "Ask questions instead.")
            ]
        try:
            field = writable_field(module, key)
        except Invalid as error:
            found += [problem.under(at) for problem in error.problems]
            continue
        if field.type not in OF_RECORDS:
            told = f'A form cannot ask for "{field.label}".'
            found.append(Problem("wrong_type", told, at, "Choose texts, numbers, dates and choices."))
    return found


def _question(
    config: FormConfig, run: RunView, row: Any, texts: Mapping[str, str], fields: Sequence[Mapping[str, Any]]
) -> Question:
    details: dict[str, Any] = {"fields": list(fields)}
    if config.prefill:
        details["prefill"] = list(config.record_fields)
    if config.outside is None:
        mail_to = row["addresses"] if config.mail else ()
        return Question(
            run, texts["title"], texts["text"], row["users"], details, row["due"], mail_to=mail_to,
            link=link_to("/inbox"),
        )  # fmt: skip
    token = new_key()
    return Question(
        run, texts["title"], texts["text"], (), details, row["due"], key_hash(token), row["addresses"],
        link_to(f"/forms/{token}"),
    )  # fmt: skip


def _asked(question: Question | None, config: FormConfig) -> Outcome:
    if question is None and config.outside is not None:
        advice = "Fill in the field that holds the address, or choose another recipient."
        return Fail("There is nobody to write to: the address is empty.", "no_recipient", advice)
    if question is None:
        advice = "Choose a group with people in it, or fill in the field that names them."
        return Fail("There is nobody to ask.", "no_user", advice)
    limit = question.due.isoformat() if question.due else None
    whom = list(question.mail_to) if config.outside is not None else list(question.users)
    return Wait(
        question.due, memo={"limit": limit}, input={"title": question.title, "asked": whom, "until": limit}
    )


async def _outcome(
    config: FormConfig, batch: Batch, run: RunView, found: Answered | None, late: bool
) -> Outcome:
    if found is None:
        return Fail("The form is no longer there.", "no_question")
    if late or found.status == "timed_out":
        return Done("timeout", {"by": None, "at": found.now.isoformat()})
    if found.status != ANSWERED:
        return Wait(found.due_at, memo=dict(run.memo or {}))
    values: Mapping[str, Any] = found.answer["values"]
    own = {one.name: values.get(one.name) for one in config.fields}
    output = {"by": found.answer.get("by"), "at": found.answer.get("at"), **own}
    # What was not shown is not made empty by saying nothing.
    said = {key: value for key, value in values.items() if config.prefill or value is not None}
    written = {key: said[key] for key in config.record_fields if key in said}
    if not written:
        return Done("filled", output)
    refused = await _write(batch, run, written)
    return refused or Done("filled", {**output, "after": written})


async def _write(batch: Batch, run: RunView, values: Mapping[str, Any]) -> Fail | None:
    """Write the answers to the record, as the publisher, caused by this run."""
    module = batch.place.module
    assert module is not None
    writer = Writer(batch.rights, origin="workflow", run=run.id, quiet=True)
    try:
        async with batch.db.transaction():
            await update_record(
                batch.db, batch.place.catalog, module.key, run.record_id or "", values, writer
            )
    except Invalid as error:
        told = "; ".join(problem.message for problem in error.problems) or error.message
        return Fail(f"The answers could not be written: {told}", "invalid", error.suggestion)
    except WhereuponError as error:
        return Fail(error.message, error.code, error.suggestion)
    return None
