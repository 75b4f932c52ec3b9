"""Each kind of provider is spoken to over real HTTP, in its own language, with our key and nobody else's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from whereupon.modules.catalog import Field
from whereupon.outbox.ai.asking import AiBusy, AiRefused, Picture, Question, ask
from whereupon.outbox.ai.providers import AiProvider
from whereupon.outbox.ai.way_out import way_out
from whereupon.outbox.networks import networks
from whereupon.packs.answering import Heard, Said, completion, stand_in

CHOICES = [{"key": "fault", "label": "Something broken"}, {"key": "question", "label": "Ερώτηση"}]
FIELDS = (
    Field(0, "kind", "Kind", "select", "kind", options={"choices": CHOICES}),
    Field(0, "amount", "Amount", "money", "amount", options={"precision": 12, "scale": 2}),
)
FOUND = {"kind": "fault", "amount": 12.5}
QUESTION = Question("Do this.", "Δεδομένα", FIELDS, (Picture(b"\x89PNG\r\n\x1a\n", "image/png"),))
KEY = "key-of-ours"


def anthropic(values: Any) -> dict[str, Any]:
    block = {"type": "tool_use", "id": "t1", "name": "fields", "input": values}
    return {
        "id": "m1", "type": "message", "role": "assistant", "model": "claude-x", "content": [block],
        "stop_reason": "tool_use", "stop_sequence": None, "usage": {"input_tokens": 70, "output_tokens": 8},
    }  # fmt: skip


def google(values: Any) -> dict[str, Any]:
    part = {"text": json.dumps(values)}
    return {
        "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 70, "candidatesTokenCount": 8, "totalTokenCount": 78},
        "modelVersion": "gemini-x",
    }  # fmt: skip


WIRE: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "openai": (lambda values: completion(values, tokens=(70, 8)), "/chat/completions", "authorization"),
    "anthropic": (anthropic, "/v1/messages", "authorization"),
    "google": (google, ":generateContent", "x-goog-api-key"),
}


async def asked(kind: str, said: Callable[[Heard], Said], **more: Any) -> Any:
    async with stand_in(said) as server:
        url = server.url if kind == "openai" else server.url.removesuffix("/v1")
        given = {"key": "p", "name": "P", "kind": kind, "model": "model-1", "base_url": url} | more
        provider = AiProvider.model_validate(given)
        async with way_out(networks("127.0.0.0/8"), confidential=True, seconds=10) as client:
            return await ask(provider, KEY, QUESTION, client), server.heard


@pytest.mark.parametrize("kind", WIRE)
async def test_each_kind_gets_the_question_and_gives_a_typed_answer(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, "key-of-somebody-else")
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    says, path, header = WIRE[kind]
    answer, heard = await asked(kind, lambda _: Said(says(FOUND)))
    assert dict(answer.values) == FOUND
    assert (answer.input_tokens, answer.output_tokens, answer.requests) == (70, 8, 1)
    [one] = heard
    assert path in one.path
    assert KEY in one.headers[header]
    whole = json.dumps([one.path, dict(one.headers), one.body], ensure_ascii=False)
    assert "somebody-else" not in whole
    assert "Δεδομένα" in whole
    assert "Do this." in whole
    assert "iVBORw0KGgo" in whole  # the picture
    assert "Something broken" in whole


@pytest.mark.parametrize("kind", WIRE)
@pytest.mark.parametrize(
    ("status", "error", "code"),
    [(401, AiRefused, "ai_key"), (404, AiRefused, "ai_model"), (400, AiRefused, "ai_rejected"),
     (429, AiBusy, "ai_busy"), (500, AiBusy, "ai_busy"), (529, AiBusy, "ai_busy")],
)  # fmt: skip
async def test_errors_are_told_apart_and_asked_once(
    kind: str, status: int, error: type[Exception], code: str
) -> None:
    times: list[Heard] = []

    def refuse(heard: Heard) -> Said:
        times.append(heard)
        told = {"error": {"type": "x", "message": f"no: {KEY}", "code": status, "status": "X"}}
        return Said(told, status, {"Retry-After": "7"})

    with pytest.raises(error) as raised:
        await asked(kind, refuse)
    found: Any = raised.value
    assert found.code == code, str(found)
    assert KEY not in str(found)
    assert len(times) == 1
    assert not isinstance(found, AiBusy) or found.after == 7


@pytest.mark.parametrize("how", ["schema", "tool", "text"])
async def test_a_provider_may_say_how_the_answer_is_asked_for(how: str) -> None:
    def answer(heard: Heard) -> Said:
        if how != "tool":
            return Said(completion(FOUND))
        [tool] = heard.body["tools"]
        call = {"id": "c", "type": "function",
                "function": {"name": tool["function"]["name"], "arguments": json.dumps(FOUND)}}  # fmt: skip
        found = completion("")
        found["choices"][0] |= {"finish_reason": "tool_calls"}
        found["choices"][0]["message"] = {"role": "assistant", "content": None, "tool_calls": [call]}
        return Said(found)

    answer_, [heard] = await asked("openai", answer, answer_as=how)
    assert dict(answer_.values) == FOUND
    formats = {"schema": "json_schema", "tool": None, "text": "json_object"}
    assert ("tools" in heard.body) == (how == "tool")
    assert (heard.body.get("response_format") or {}).get("type") == formats[how]


async def test_without_pictures_none_are_sent() -> None:
    _, [heard] = await asked("openai", lambda _: Said(completion(FOUND)), images=False)
    assert "image" not in json.dumps(heard.body["messages"])


@pytest.mark.parametrize(
    "said",
    [
        Said(b"x" * 11_000_000),
        Said(b"\x1f\x8b" + b"0" * 40, 200, {"Content-Encoding": "gzip"}),
    ],
    ids=["11 MB", "packed"],
)
async def test_an_answer_that_is_too_large_or_packed_is_not_read(said: Said) -> None:
    with pytest.raises(AiRefused) as raised:
        await asked("openai", lambda _: said)
    assert raised.value.code == "answer_too_large"


async def test_without_the_libraries_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic_ai.models.openai", None)
    with pytest.raises(AiRefused) as raised:
        await asked("openai", lambda _: Said(completion(FOUND)))
    assert raised.value.code == "not_installed"
    assert "whereupon[ai]" in str(raised.value)


def test_nothing_of_it_is_loaded_before_somebody_asks() -> None:
    code = (
        "import sys; from whereupon.sdk import registry; registry.blocks(); "
        "heavy = ('pydantic_ai', 'openai', 'anthropic', 'google.genai', 'pypdf'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
