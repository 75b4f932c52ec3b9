"""From a prepared question to its answer: documents are read, all is fitted, the provider is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whereupon.db.pool import Database
from whereupon.outbox.ai.answers import field_of_json
from whereupon.outbox.ai.asking import Answer, Question, ask
from whereupon.outbox.ai.documents import Papers, read_papers
from whereupon.outbox.ai.parts import Part, fitted, written
from whereupon.outbox.ai.providers import AiProvider
from whereupon.outbox.ai.way_out import way_out
from whereupon.outbox.networks import load_policy
from whereupon.outbox.secrets import load_key, open_secret
from whereupon.records.files import FileStore
from whereupon.settings import Settings


async def answer_to(
    request: Mapping[str, Any], provider: AiProvider, settings: Settings, database: Database, files: FileStore
) -> dict[str, Any]:
    """What the block's call results in, as JSON. Raises AiRefused, AiBusy, and what a missing key raises."""
    papers = await papers_of(request, files)
    answer = await asked(question_of(request, papers), provider, settings, database)
    return {
        "values": dict(answer.values),
        "provider": provider.name,
        "left_out": papers.left_out,
        **used(answer, provider),
    }


def used(answer: Answer, provider: AiProvider) -> dict[str, Any]:
    """Model, tokens and what they cost."""
    cost = provider.cost(answer.input_tokens, answer.output_tokens)
    return {
        "model": answer.model, "input_tokens": answer.input_tokens, "output_tokens": answer.output_tokens,
        "cost": None if cost is None else float(cost), "currency": provider.currency,
    }  # fmt: skip


async def papers_of(request: Mapping[str, Any], files: FileStore) -> Papers:
    """The documents that go along, read."""
    return await read_papers(
        files, request["documents"], texts=request["texts"], characters=request["characters"],
        pictures=request["pictures"],
    )  # fmt: skip


def question_of(request: Mapping[str, Any], papers: Papers) -> Question:
    """All that is sent."""
    parts = [Part(**part) for part in request["parts"]] + papers.parts
    data = written(fitted(parts, request["characters"]), request["mark"])
    fields = [field_of_json(told) for told in request["fields"]]
    return Question(request["rules"], data, fields, papers.pictures)


async def asked(question: Question, provider: AiProvider, settings: Settings, database: Database) -> Answer:
    """The provider's answer, over our way out, with its key."""
    async with database.connection() as db:
        policy = await load_policy(db, settings)
        key = None
        if provider.api_key is not None:
            key = await open_secret(db, load_key(settings), provider.api_key, host=provider.host)
    seconds = provider.timeout_seconds
    async with way_out(policy, confidential=key is not None, seconds=seconds) as client:
        return await ask(provider, key, question, client)
