"""D17: queues a chat message for each run, into the room of a provider: Slack, Teams and the like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from whereupon.conditions.values import INTEGER, TEXT, Scope
from whereupon.conditions.words import shortened
from whereupon.errors import Problem, WhereuponError
from whereupon.outbox.channels.chat import chat_source, render_chat
from whereupon.outbox.messages import NewMessage, source_id
from whereupon.outbox.providers import Opened, load_providers
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import Line, Paragraph, Shown
from whereupon.sdk.outcomes import Fail, Outcome
from whereupon.sdk.providers import check_provider
from whereupon.sdk.sending import came_back, queue_for, queued, skipped
from whereupon.sdk.texts import check_text, reads_of_text
from whereupon.templates.template import Template, context_sql, parse

NOBODY = "Chat"  # the room, while no provider is set and messages are only kept for reading


class ChatConfig(Config):
    """What is said, and in which room."""

    provider: Annotated[str | None, Shown("chat-provider")] = Field(
        None, title="Where", description="The key of a provider; none: the one used by default."
    )
    title: Line = Field("", max_length=500, title="Headline", description="May contain variables.")
    text: Paragraph = Field(
        min_length=1, max_length=5_000, title="Text", description="May contain variables."
    )


class SendChat(Block[ChatConfig]):
    """At most once per run and block (rules 24 and 25). A value in it never calls everybody."""

    key = "send_chat"
    label = "Send chat message"
    group = "Messages"
    icon = "messages"
    description = "Writes a message into a room of Slack, Teams, Mattermost or another chat."
    Config = ChatConfig
    outputs: ClassVar = {"status": TEXT, "message_id": INTEGER}
    leaves = True
    examples = (
        {"title": "{{ record.name }}", "text": "It is {{ record.status }} since {{ now }}."},
        {"text": "Look at {{ record.name }}."},
    )

    def check(self, config: ChatConfig, scope: Scope) -> list[Problem]:
        found = check_provider(config.provider, "chat", scope)
        return found + check_text(config.title, scope, "/title") + check_text(config.text, scope, "/text")

    def describe(self, config: ChatConfig, scope: Scope) -> str:
        where = f" in {config.provider}" if config.provider else ""
        return f"Chat message{where}: {shortened(config.title or config.text, 80)}"

    def reads(self, config: ChatConfig, scope: Scope) -> frozenset[str]:
        return reads_of_text(config.title, scope) | reads_of_text(config.text, scope)

    async def run_batch(self, config: ChatConfig, batch: Batch) -> list[Outcome]:
        place = batch.place
        room = await _room(config, batch)
        if isinstance(room, Fail):
            return [room for _ in batch.runs]
        templates = place.once("templates", lambda: _templates(config, place.scope))
        source = chat_source(templates["text"], title=templates.get("title"), provider=config.provider)
        sql = place.once("sql", lambda: context_sql(templates.values(), place.scope))
        rows = await batch.rows({"context": sql})
        failed = {
            run.id: fail for run in batch.runs if (fail := _unwritten(source, rows[run.id]["context"], room))
        }
        number = await source_id(batch.db, "chat", source)
        new = [
            NewMessage(
                run.id, place.workflow_id, place.node, room, number, rows[run.id]["context"], run.iteration,
                awaited=place.awaited, channel="chat",
            )
            for run in batch.runs
            if run.id not in failed
        ]  # fmt: skip
        ids = await queue_for(batch, new)
        return [
            failed.get(run.id) or queued(ids.get(run.id, []), {}, awaited=place.awaited) for run in batch.runs
        ]

    async def wake_batch(self, config: ChatConfig, batch: Batch) -> list[Outcome]:
        return [came_back(run, batch.place.node, "chat message") for run in batch.runs]

    async def skip_batch(self, config: ChatConfig, batch: Batch) -> list[Outcome]:
        return [skipped(run) for run in batch.runs]


def _templates(config: ChatConfig, scope: Scope) -> dict[str, Template]:
    texts = {"text": config.text} | ({"title": config.title} if config.title else {})
    return {name: parse(text, scope) for name, text in texts.items()}


async def _room(config: ChatConfig, batch: Batch) -> str | Fail:
    """What people call the provider; the history says it, also when it is called otherwise later."""
    providers, _ = await load_providers(batch.db)
    chosen = Opened(providers).chosen("chat", config.provider)
    if chosen is not None:
        return chosen.name
    if config.provider is None:
        return NOBODY
    advice = "Choose another one in the block, or add it in the settings."
    return Fail(f'There is no provider "{config.provider}" any more.', "no_provider", advice)


def _unwritten(source: Mapping[str, Any], context: Mapping[str, Any], room: str) -> Fail | None:
    """Why the message of one run cannot be written."""
    try:
        render_chat(source, context, room)
    except WhereuponError as error:
        return Fail(error.message, error.code, error.suggestion)
    return None
