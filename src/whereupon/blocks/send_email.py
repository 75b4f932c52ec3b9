"""D2: queues an email for each run, to whomever the record leads to; the deliverers send it (D3).

The mail's words are stored once; each message carries only the values that they name, gathered in
SQL when it is queued. So what is sent later says what was true now, and queueing stays set-based.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, model_validator

from whereupon.conditions.values import INTEGER, TEXT, Scope, literal
from whereupon.conditions.words import shortened
from whereupon.errors import Problem, did_you_mean
from whereupon.outbox.mail import mail_source
from whereupon.outbox.messages import queue_statement, source_id
from whereupon.sdk.attachments import (
    WITHIN_LIMITS,
    Attachment,
    attachments_sql,
    check_attachments,
    reads_of_attachments,
    require_attachments,
    too_many,
)
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import Shown, one_of
from whereupon.sdk.outcomes import Done, Fail, Outcome, Wait
from whereupon.sdk.people import Recipient, check_person, joined_addresses, people_words, reads_of
from whereupon.sdk.sending import came_back
from whereupon.templates.template import Template, check, context_sql, parse

LISTS = ("cc", "bcc", "reply_to")
TEXTS = ("subject", "html", "text", "sender")
WORDS = {"Written here": ["subject", "html", "text"], "A saved template": ["template"]}


class EmailConfig(Config):
    """To whom, and what. Either subject and body, or a saved template."""

    model_config = ConfigDict(json_schema_extra=one_of(WORDS))

    to: list[Recipient] = Field(min_length=1, max_length=50, title="Send to")
    cc: Annotated[list[Recipient], Shown(advanced=True)] = Field(
        default_factory=list[Recipient], max_length=50, title="Copy to"
    )
    bcc: Annotated[list[Recipient], Shown(advanced=True)] = Field(
        default_factory=list[Recipient], max_length=50, title="Hidden copy to"
    )
    reply_to: Annotated[list[Recipient], Shown(advanced=True)] = Field(
        default_factory=list[Recipient], max_length=5, title="Answers go to"
    )
    sender: Annotated[str | None, Shown("template", advanced=True)] = Field(
        None, alias="from", max_length=500, title="From", description="None: as the mail settings say."
    )
    subject: Annotated[str | None, Shown("template")] = Field(
        None, max_length=1_000, title="Subject", description="May contain variables."
    )
    html: Annotated[str | None, Shown("html")] = Field(
        None, max_length=200_000, title="Text", description="The body as rich text, with variables."
    )
    text: Annotated[str | None, Shown("template-long", advanced=True)] = Field(
        None,
        max_length=200_000,
        title="Text without formatting",
        description="The body as plain text; none: made from html.",
    )
    attachments: list[Attachment] = Field(
        default_factory=list[Attachment],
        max_length=20,
        title="Attachments",
        description="Files to send along, at most 20 of 20 MB together.",
    )
    template: Annotated[str | None, Shown("saved-template")] = Field(
        None, title="Saved template", description="A saved template's key, instead of subject and body."
    )

    @model_validator(mode="after")
    def has_words(self) -> EmailConfig:
        own = [name for name in ("subject", "html", "text") if getattr(self, name) is not None]
        if self.template is not None and own:
            raise ValueError(f"choose a template or {' and '.join(own)}, not both")
        if self.template is None and (self.subject is None or (self.html is None and self.text is None)):
            raise ValueError("a mail needs a subject and a body (html or text), or a template")
        return self


class SendEmail(Block[EmailConfig]):
    """At most once per run, block and recipient (rules 24 and 25)."""

    key = "send_email"
    label = "Send email"
    group = "Messages"
    icon = "mail"
    description = "Sends an email to an address of the record, a user, a group or a fixed address."
    Config = EmailConfig
    outputs: ClassVar = {"status": TEXT, "message_id": INTEGER}
    leaves = True
    examples = (
        {
            "to": [{"field": "email"}], "subject": "Welcome, {{ record.name }}",
            "html": "<p>Hello {{ record.name }}</p>",
        },
        {
            "to": [{"owner": True}, {"address": "office@example.org"}], "subject": "New",
            "text": "See {{ record.id }}",
        },
        {
            "to": [{"field": "email"}], "subject": "Your papers", "text": "They are attached.",
            "attachments": [{"documents": True, "name": "*.pdf"}],
        },
    )  # fmt: skip

    def check(self, config: EmailConfig, scope: Scope) -> list[Problem]:
        found = [
            problem
            for name in ("to", *LISTS)
            for index, recipient in enumerate(getattr(config, name))
            for problem in check_person(recipient, scope, f"/{name}/{index}", needs_user=False)
        ]
        found += check_attachments(config.attachments, scope, "/attachments")
        if config.template is not None and config.template not in scope.catalog.templates:
            near = did_you_mean(config.template, scope.catalog.templates)
            told = f'There is no template "{config.template}".'
            return [*found, Problem("unknown_template", told, "/template", near)]
        for name, text in _words(config, scope).items():
            at = "/template" if config.template else f"/{'from' if name == 'sender' else name}"
            found += check(text, scope, html=name == "html", path=at)
        return found

    def describe(self, config: EmailConfig, scope: Scope) -> str:
        what = f"“{config.template}”" if config.template else shortened(config.subject or "", 80)
        return f"Email to {people_words(config.to, scope)}: {what}"

    def reads(self, config: EmailConfig, scope: Scope) -> frozenset[str]:
        people = [reads_of(r, scope) for name in ("to", *LISTS) for r in getattr(config, name)]
        texts = [template.reads for template in _templates(config, scope).values()]
        return reads_of_attachments(config.attachments, scope).union(*people, *texts)

    async def run_batch(self, config: EmailConfig, batch: Batch) -> list[Outcome]:
        place = batch.place
        templates = place.once("templates", lambda: _templates(config, place.scope))
        require_attachments(config.attachments, place.scope, batch.rights)
        # Not part of the SQL that is kept: the transaction that first wrote the source may yet roll back.
        source = await source_id(batch.db, "email", place.once("source", lambda: _source(config, templates)))
        sql = place.once("queue", lambda: _queue_sql(config, batch, templates))
        rows = await batch.db.fetch(sql, batch.ids, batch.ids, [run.iteration for run in batch.runs], source)
        queued = {row["run_id"]: row["id"] for row in rows}
        some_failed = len(queued) < len(batch.runs)
        refused = await _refused(config, batch) if some_failed and config.attachments else {}
        return [
            _outcome(queued.get(run.id), refused.get(run.id), awaited=place.awaited) for run in batch.runs
        ]

    async def wake_batch(self, config: EmailConfig, batch: Batch) -> list[Outcome]:
        return [came_back(run, batch.place.node, "mail") for run in batch.runs]

    async def skip_batch(self, config: EmailConfig, batch: Batch) -> list[Outcome]:
        return [Done("next", {"status": "sent", **(run.memo or {})}) for run in batch.runs]


def _words(config: EmailConfig, scope: Scope) -> dict[str, str]:
    """The mail's own texts, or the saved template's."""
    saved: Mapping[str, Any] = scope.catalog.templates.get(config.template or "", {})
    given = {name: saved.get(name) if config.template else getattr(config, name) for name in TEXTS}
    given["sender"] = config.sender
    return {name: text for name, text in given.items() if text is not None}


def _templates(config: EmailConfig, scope: Scope) -> dict[str, Template]:
    return {name: parse(text, scope, html=name == "html") for name, text in _words(config, scope).items()}


def _source(config: EmailConfig, templates: Mapping[str, Template]) -> dict[str, Any]:
    """What every mail of this block says; lists of addresses come with each message's values."""
    source = mail_source(
        subject=templates["subject"], html=templates.get("html"), text=templates.get("text"),
        sender=templates.get("sender"),
    )  # fmt: skip
    lists = {name: [_from_context(name)] for name in LISTS if getattr(config, name)}
    return source | lists


def _from_context(name: str) -> dict[str, Any]:
    return {"liquid": f"{{{{ addresses.{name} }}}}", "html": False, "zone": "UTC", "kinds": {}}


def _queue_sql(config: EmailConfig, batch: Batch, templates: Mapping[str, Template]) -> str:
    """Queue one message per run: $1 the runs, $2 and $3 the runs with their iterations, $4 the source."""
    place, scope = batch.place, batch.place.scope
    context = context_sql(templates.values(), scope)
    lists = {name: getattr(config, name) for name in LISTS if getattr(config, name)}
    if lists:
        parts = ", ".join(
            f"'{name}', array_to_string({joined_addresses(people, scope)}, ', ')"
            for name, people in lists.items()
        )
        context = f"({context} || jsonb_build_object('addresses', jsonb_build_object({parts})))"
    attached = ""
    if config.attachments:
        context = f"({context} || jsonb_build_object('attachments', attached.list))"
        attached = f"{attachments_sql(config.attachments, scope)} WHERE {WITHIN_LIMITS}"
    recipient = f"array_to_string({joined_addresses(config.to, scope)}, ', ')"
    return queue_statement(
        f"SELECT * FROM (SELECT r.id, {place.workflow_id}::bigint, {literal(place.node)}::text, i.iteration, "
        f"'email'::text, {recipient} AS recipient, $4::bigint, {context} AS context, "
        f"{'true' if place.awaited else 'false'} FROM {place.source} "
        f"JOIN unnest($2::bigint[], $3::int[]) AS i(run_id, iteration) ON i.run_id = r.id "
        f"{attached}) m WHERE m.recipient <> ''"
    )


async def _refused(config: EmailConfig, batch: Batch) -> dict[int, Fail]:
    """The runs whose attachments are over a limit, by run id."""
    place = batch.place
    sql = place.once("attached", lambda: attachments_sql(config.attachments, place.scope))
    rows = await batch.db.fetch(
        f"SELECT r.id, attached.number, attached.size FROM {place.source} {sql}", batch.ids
    )
    return {row["id"]: fail for row in rows if (fail := too_many(row))}


def _outcome(message: int | None, refused: Fail | None, *, awaited: bool) -> Outcome:
    if message is None and refused is not None:
        return refused
    if message is None:
        advice = "Fill in the field that holds the address, or choose another recipient."
        return Fail("There is nobody to write to: the address is empty.", "no_recipient", advice)
    if awaited:
        return Wait(memo={"message_id": message}, input={"message_id": message})
    return Done("next", {"status": "queued", "message_id": message})
