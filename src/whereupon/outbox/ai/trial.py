"""A test question: asked while the person waits, so that they read what the provider said."""

from __future__ import annotations

import time
from typing import Any

from whereupon.db.pool import Database
from whereupon.errors import WhereuponError
from whereupon.modules.catalog import Field
from whereupon.outbox.ai.asking import AiBusy, Question
from whereupon.outbox.ai.parts import Part, new_mark, rules, written
from whereupon.outbox.ai.performing import asked, used
from whereupon.outbox.ai.providers import AiProvider
from whereupon.settings import Settings

TRY_SECONDS = 30.0
LETTER = "Good morning, the belt scale that you delivered shows 0.00 whatever lies on it. Please call me."
KINDS = [{"key": "question", "label": "A question"}, {"key": "fault", "label": "Something does not work"}]
KIND = Field(0, "kind", "Kind of letter", "select", "kind", options={"choices": KINDS})
NOTHING = {"model": None, "input_tokens": None, "output_tokens": None, "cost": None}


async def try_provider(provider: AiProvider, settings: Settings, database: Database) -> dict[str, Any]:
    """Ask what kind of letter a sample is, as a block would. Never raises for what the provider does."""
    hurried = provider.model_copy(update={"timeout_seconds": min(provider.timeout_seconds, TRY_SECONDS)})
    mark = new_mark()
    data = written([Part.of("record", "Letter", LETTER)], mark)
    question = Question(rules("Say what kind of letter this is.", "a working day", mark), data, [KIND])
    began = time.monotonic()
    try:
        answer = await asked(question, hurried, settings, database)
    except WhereuponError as error:
        status = "busy" if isinstance(error, AiBusy) else "failed"
        told = f"{error.message} {error.suggestion or ''}".strip()
        found: dict[str, Any] = {"status": status, "code": error.code, "message": told} | NOTHING
    else:
        kind = {"fault": "something does not work", "question": "a question"}.get(
            str(answer.values.get("kind")), "nothing that it could name"
        )
        told = f"{provider.name} read a sample letter and found: {kind}."
        found = {"status": "answered", "code": "answered", "message": told} | used(answer, provider)
    return found | {"currency": provider.currency, "seconds": round(time.monotonic() - began, 2)}
