"""Asking a model: one question, one typed answer, at most one chance to mend it. No tools are given.

The libraries take seconds to load, so they are loaded by whoever asks first, in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from whereupon.errors import Unavailable, WhereuponError
from whereupon.modules.catalog import Field
from whereupon.outbox.ai.answers import answer_schema, in_words, judge
from whereupon.outbox.ai.models import MODULES, model_of
from whereupon.outbox.ai.providers import AiProvider
from whereupon.outbox.rehearsing import refuse_in_rehearsal

RETRIES = 1  # an answer that cannot be used may be mended once
LONGEST_ERROR = 300


class AiRefused(WhereuponError):
    """The provider will not answer this, however often it is asked, or its answer cannot be used."""

    status, exit_code, code, title = 422, 2, "ai_refused", "The AI provider did not answer"

    def __init__(self, code: str, message: str, suggestion: str | None = None) -> None:
        super().__init__(message, suggestion=suggestion)
        self.code = code


class AiBusy(Unavailable):
    """The provider does not answer just now. `after`: seconds, as it says itself."""

    def __init__(self, code: str, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.code, self.after = code, after


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that goes along."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Question:
    """All that is sent: what the model is to do, the data to do it with, and the fields to answer."""

    rules: str
    data: str
    fields: Sequence[Field]
    pictures: Sequence[Picture] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Values by field, as JSON; a field that the data does not tell of is not among them."""

    values: Mapping[str, Any]
    model: str
    input_tokens: int
    output_tokens: int
    requests: int


async def ask(provider: AiProvider, api_key: str | None, question: Question, client: Any) -> Answer:
    """One answer, over this HTTP client. Raises AiRefused, AiBusy."""
    refuse_in_rehearsal()
    await asyncio.to_thread(load_libraries, provider)
    model = model_of(provider, api_key, client)
    wrong: list[str] = []  # what was wrong with each answer
    try:
        async with asyncio.timeout(provider.timeout_seconds):
            run: Any = await agent_of(provider, model, question, wrong).run(prompt_of(provider, question))
    except TimeoutError:
        told = f"{provider.name} did not answer within {provider.timeout_seconds:g} seconds."
        raise AiBusy("timeout", told) from None
    except Exception as error:
        raise explained(error, provider, api_key, wrong) from None
    used = run.usage
    return Answer(
        run.output, run.response.model_name or provider.model, used.input_tokens, used.output_tokens,
        used.requests,
    )  # fmt: skip


def load_libraries(provider: AiProvider) -> None:
    """What a provider needs. Raises AiRefused where it is not installed."""
    try:
        for name in ("pydantic_ai", *MODULES[provider.kind]):
            import_module(name)
    except ImportError as error:
        raise AiRefused(
            "not_installed", f"The libraries for AI providers are not installed: {error.name or error}.",
            'Install them with: pip install "whereupon[ai]"',
        ) from None  # fmt: skip


def agent_of(provider: AiProvider, model: Any, question: Question, wrong: list[str]) -> Any:
    """The question's shape: its rules, the schema of the answer, and who judges it."""
    ai: Any = import_module("pydantic_ai")
    settings: dict[str, Any] = {"timeout": provider.timeout_seconds}
    if provider.max_tokens is not None:
        settings["max_tokens"] = provider.max_tokens
    agent: Any = ai.Agent(
        model, output_type=shape_of(ai, provider, model, question.fields), instructions=question.rules,
        model_settings=settings, retries=RETRIES,
    )  # fmt: skip

    def judged(answer: dict[str, Any]) -> dict[str, Any]:
        values, problems = judge(answer, question.fields)
        if problems:
            wrong.append(in_words(problems))
            raise ai.ModelRetry(f"The answer cannot be used. {wrong[-1]}")
        return values

    agent.output_validator(judged)
    return agent


def shape_of(ai: Any, provider: AiProvider, model: Any, fields: Sequence[Field]) -> Any:
    """How the typed answer is asked for: by schema where the model can, else as one tool's arguments."""
    shape = ai.StructuredDict(answer_schema(fields), name="fields")
    can = bool(model.profile.get("supports_json_schema_output"))
    match provider.answer_as or ("schema" if can else "tool"):
        case "schema":
            return ai.NativeOutput(shape, name="fields")
        case "text":
            return ai.PromptedOutput(shape, name="fields")
        case _:
            return ai.ToolOutput(shape, name="fields")


def prompt_of(provider: AiProvider, question: Question) -> list[Any]:
    """The data, then the pictures, where the model looks at any."""
    ai: Any = import_module("pydantic_ai")
    pictures = question.pictures if provider.images else ()
    return [question.data, *(ai.BinaryContent(one.content, media_type=one.media_type) for one in pictures)]


# What goes wrong ----------------------------------------------------------------------------------


def explained(
    error: Exception, provider: AiProvider, api_key: str | None, wrong: Sequence[str]
) -> WhereuponError:
    """The library's error in our words, without the key that a provider may repeat."""
    if isinstance(error, WhereuponError):
        return error
    if (ours := stopped_by_us(error, provider)) is not None:
        return ours
    found: Any = import_module("pydantic_ai.exceptions")
    status = getattr(error, "status_code", None)
    after = getattr(error, "retry_after", None)
    name, said = provider.name, said_by(error, api_key)
    if isinstance(error, found.ModelAuthenticationError) or status in (401, 403):
        told = f"{name} did not accept the key ({status or 401})."
        return AiRefused("ai_key", told, "An administrator enters the key again in the settings, under AI.")
    if isinstance(error, found.ModelNotFoundError):
        told = f'{name} does not know the model "{provider.model}", or is not at {provider.url}.{said}'
        return AiRefused("ai_model", told, "Check model and address in the settings, under AI.")
    if isinstance(error, found.ModelContextWindowExceededError):
        told = f"What was sent is too long for {name}.{said}"
        return AiRefused(
            "ai_too_long", told, "Let less go along: lower the limit of characters in the block."
        )
    if status in (408, 409, 425, 429) or (status is not None and status >= 500):
        return AiBusy("ai_busy", f"{name} answered {status}.{said}", after)
    if status is not None or isinstance(error, found.ModelRequestRejectedError):
        return AiRefused("ai_rejected", f"{name} did not take the request ({status}).{said}")
    if isinstance(error, (found.ModelAPIError, OSError, TimeoutError)):
        return AiBusy("ai_unreachable", f"{name} at {provider.destination} cannot be reached.{said}", after)
    if isinstance(error, found.ContentFilterError):
        return AiRefused("ai_filtered", f"{name} refused to answer because of what was sent.")
    if isinstance(error, found.UnexpectedModelBehavior):
        what = f" {wrong[-1]}" if wrong else said
        told = f"{name} gave no answer that can be used, twice.{what}" if wrong else f"{name}:{what}"
        return AiRefused("ai_answer", told[:1_000], "Say more exactly in the instructions what is wanted.")
    raise error


def stopped_by_us(error: Exception, provider: AiProvider) -> WhereuponError | None:
    """What our own way out refused, or could not find."""
    from whereupon.outbox.ai.way_out import AnswerTooLarge, refused_by_us
    from whereupon.outbox.pinned import AddressRefused

    match refused_by_us(error):
        case AddressRefused(openly=True):
            told = f"The key is only sent encrypted to {provider.host}, and its address begins with http://."
            return AiRefused("not_encrypted", told, "Use https:// in the settings, under AI.")
        case AddressRefused() as refused:
            told = f"{provider.host} is {refused.address}, which is not a public address."
            advice = "An administrator can allow the network in the settings, under Connections."
            return AiRefused("address_refused", f"{told} Requests may not go there.", advice)
        case AnswerTooLarge():
            told = f"The answer of {provider.name} is larger than any answer should be, or is packed."
            return AiRefused("answer_too_large", told)
        case None:
            return None
        case _:
            return AiBusy("ai_unreachable", f"There is no server named {provider.host} just now.")


def said_by(error: Exception, api_key: str | None) -> str:
    """What the provider itself says, shortened, with a blank before it; empty when it says nothing."""
    body: Any = getattr(error, "body", None)
    inner: Any = body.get("error", body) if isinstance(body, Mapping) else body  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    words: Any = inner.get("message") if isinstance(inner, Mapping) else inner  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if body is None:
        words = getattr(error, "message", None)
    text = str(words) if isinstance(words, str) else ""  # an HTML page of a proxy says nothing
    if not text or "<html" in text.lower():
        return ""
    if api_key:
        text = text.replace(api_key, "•••")
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return " It says: " + (plain if len(plain) <= LONGEST_ERROR else plain[:LONGEST_ERROR] + "…")
