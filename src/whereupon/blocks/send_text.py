"""D16: queues a text message (SMS) for each run, to whomever the record leads to; the deliverers send it.

Numbers are read and the text is counted when it is queued, so that a number that is none, or a text with
too many parts, fails the step that it belongs to and says which field to correct.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from whereupon.conditions.values import INTEGER, TEXT, Scope
from whereupon.conditions.words import shortened
from whereupon.errors import Problem, WhereuponError
from whereupon.outbox.channels.text import PARTS, render_text, text_source
from whereupon.outbox.messages import NewMessage, source_id
from whereupon.outbox.phones import BadPhone, phone_region, read_phone
from whereupon.sdk.block import Batch, Block, Config, RunView
from whereupon.sdk.fields import Paragraph, Shown
from whereupon.sdk.numbers import TextRecipient, number_words, numbers_sql
from whereupon.sdk.outcomes import Fail, Outcome
from whereupon.sdk.people import check_person, reads_of
from whereupon.sdk.providers import check_provider
from whereupon.sdk.sending import came_back, queue_for, queued, skipped
from whereupon.sdk.texts import check_text, reads_of_text
from whereupon.templates.template import context_sql, parse


class TextConfig(Config):
    """To whom, and what. One message goes to each number."""

    to: list[TextRecipient] = Field(min_length=1, max_length=20, title="Send to")
    text: Paragraph = Field(
        min_length=1, max_length=2_000, title="Text",
        description="May contain variables. 160 characters make one part, 70 with letters like Ω or emoji.",
    )  # fmt: skip
    parts: Annotated[int, Shown(advanced=True)] = Field(
        PARTS,
        ge=1,
        le=10,
        title="Parts at most",
        description="Each part is paid for. A longer text is not sent.",
    )
    provider: Annotated[str | None, Shown("text-provider", advanced=True)] = Field(
        None, title="Provider", description="The key of a provider; none: the one used by default."
    )


class SendText(Block[TextConfig]):
    """At most once per run, block and number (rules 24 and 25)."""

    key = "send_text"
    label = "Send text message"
    group = "Messages"
    icon = "message"
    description = "Sends a text message (SMS) to a phone number of the record, a user or a group."
    Config = TextConfig
    outputs: ClassVar = {"status": TEXT, "message_id": INTEGER, "messages": INTEGER, "parts": INTEGER}
    leaves = True
    examples = (
        {"to": [{"field": "phone"}], "text": "{{ record.name }}, we see you tomorrow at ten."},
        {"to": [{"owner": True}], "text": "{{ record.name }} is ready.", "parts": 1},
    )

    def check(self, config: TextConfig, scope: Scope) -> list[Problem]:
        found = [
            problem
            for index, recipient in enumerate(config.to)
            for problem in [
                *check_person(recipient, scope, f"/to/{index}", needs_user=False),
                *_check_number(recipient, f"/to/{index}/number"),
            ]
        ]
        found += check_provider(config.provider, "text", scope)
        return found + check_text(config.text, scope, "/text")

    def describe(self, config: TextConfig, scope: Scope) -> str:
        people = ", ".join(number_words(recipient, scope) for recipient in config.to)
        return f"Text message to {shortened(people, 80)}: {shortened(config.text, 80)}"

    def reads(self, config: TextConfig, scope: Scope) -> frozenset[str]:
        people = frozenset[str]().union(*(reads_of(recipient, scope) for recipient in config.to))
        return people | reads_of_text(config.text, scope)

    async def run_batch(self, config: TextConfig, batch: Batch) -> list[Outcome]:
        place = batch.place
        template = place.once("template", lambda: parse(config.text, place.scope))
        source = text_source(template, provider=config.provider, parts=config.parts)
        columns = place.once("columns", lambda: _columns(config, place.scope))
        rows = await batch.rows(columns)
        region = await phone_region(batch.db)
        written = {
            run.id: _write(config, place.scope, source, dict(rows[run.id]), region) for run in batch.runs
        }
        number = await source_id(batch.db, "text", source)
        new = [
            message
            for run in batch.runs
            if not isinstance(one := written[run.id], Fail)
            for message in _messages(run, batch, number, one, rows[run.id]["context"])
        ]
        ids = await queue_for(batch, new)
        return [_outcome(written[run.id], ids.get(run.id, []), awaited=place.awaited) for run in batch.runs]

    async def wake_batch(self, config: TextConfig, batch: Batch) -> list[Outcome]:
        return [came_back(run, batch.place.node, "text message") for run in batch.runs]

    async def skip_batch(self, config: TextConfig, batch: Batch) -> list[Outcome]:
        return [skipped(run) for run in batch.runs]


def _check_number(recipient: TextRecipient, path: str) -> list[Problem]:
    """A fixed number names its country, since that of the organisation may change."""
    if recipient.number is None:
        return []
    try:
        read_phone(recipient.number)
    except BadPhone as error:
        return [Problem(error.code, error.message, path, error.suggestion)]
    return []


def _columns(config: TextConfig, scope: Scope) -> dict[str, str]:
    numbers = {f"to_{index}": numbers_sql(one, scope) for index, one in enumerate(config.to)}
    return {"context": context_sql([parse(config.text, scope)], scope), **numbers}


Written = Sequence[Mapping[str, Any]]  # one for each number


def _write(
    config: TextConfig, scope: Scope, source: Mapping[str, Any], row: Mapping[str, Any], region: str | None
) -> Written | Fail:
    """The messages of one run, or why there are none: a number that is none stops all of them."""
    numbers: dict[str, None] = {}
    for index, recipient in enumerate(config.to):
        for written in row[f"to_{index}"]:
            try:
                numbers[read_phone(written, region)] = None
            except BadPhone as error:
                words = number_words(recipient, scope)
                return Fail(f"{words}: {error.message}", error.code, error.suggestion)
    if not numbers:
        advice = "Fill in the field that holds the number, or choose another recipient."
        return Fail("There is nobody to write to: the phone number is empty.", "no_recipient", advice)
    try:
        return [render_text(source, row["context"], number) for number in numbers]
    except WhereuponError as error:
        return Fail(error.message, error.code, error.suggestion)


def _messages(
    run: RunView, batch: Batch, source: int, written: Written, context: Mapping[str, Any]
) -> list[NewMessage]:
    place = batch.place
    return [
        NewMessage(
            run.id, place.workflow_id, place.node, one["to"][0], source, context, run.iteration,
            awaited=place.awaited, channel="text",
        )
        for one in written
    ]  # fmt: skip


def _outcome(written: Written | Fail, ids: Sequence[int], *, awaited: bool) -> Outcome:
    if isinstance(written, Fail):
        return written
    counted = {key: written[0][key] for key in ("parts", "characters", "encoding")}
    return queued(ids, {"messages": len(ids), **counted}, awaited=awaited)
