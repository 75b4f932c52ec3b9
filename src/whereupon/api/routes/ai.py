"""AI providers: which there are, whether they answer, and what a prompt would send."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, Problem, did_you_mean
from whereupon.outbox.ai.gathering import Along, Gatherer, Wanted
from whereupon.outbox.ai.previewing import Prepared, prepare, preview
from whereupon.outbox.ai.providers import (
    KEY,
    AiProvider,
    AnswerAs,
    Kind,
    ProviderSettings,
    chosen_provider,
    forget_key,
    load_providers,
    save_providers,
)
from whereupon.outbox.secrets import keep_secret, load_key
from whereupon.people import audit
from whereupon.records.files import FileStore
from whereupon.records.read import check_id, not_found

router = routes_of("ai", "/ai")
MOST_PROVIDERS = 50
ProviderPath = Annotated[str, Path(min_length=1, max_length=60, pattern=KEY)]


class AiProviderIn(ProviderSettings):
    """A provider. Its key is sealed when it arrives, for its host alone, and never shown again."""

    api_key: str | None = Field(
        default=None, max_length=1000, pattern=r"^[\x21-\x7e]+$",
        description="Left out: the one kept already, as long as the host stays.",
    )  # fmt: skip


class AiProviderOut(Out):
    """A provider, without its key. What only administrators may know is null for others."""

    key: str
    name: str
    kind: Kind
    model: str
    base_url: str | None
    url: str | None
    has_key: bool | None
    images: bool
    answer_as: AnswerAs | None
    timeout_seconds: float | None
    max_tokens: int | None
    price_input: float | None
    price_output: float | None
    currency: str


class AiProviders(Out):
    """All of them; the first is asked where a block names none."""

    items: list[AiProviderOut]


class TriedProvider(Out):
    """What became of a test question, in the provider's own words where it said something."""

    status: Literal["answered", "busy", "failed"]
    code: str
    message: str
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    currency: str
    seconds: float


class ToPreviewPrompt(BaseModel):
    """A prompt as it is configured just now, and the record that it would be about."""

    model_config = ConfigDict(extra="forbid")

    module: str = Field(min_length=1, max_length=100)
    record_id: str = Field(min_length=1, max_length=1000)
    provider: str | None = Field(None, max_length=60)
    along: list[Along] = Field(default_factory=list[Along], max_length=6)
    only: list[Annotated[str, Field(max_length=60)]] = Field(default_factory=list[str], max_length=200)
    characters: int = Field(24_000, ge=200, le=400_000)
    pictures: int = Field(4, ge=1, le=20)


class PartOut(Out):
    """One part of what goes along. `characters` are sent, of so many that there are."""

    kind: str
    title: str
    characters: int
    of: int
    text: str


class LeftOut(Out):
    """A document that does not go along, and why."""

    name: str
    why: str


class PromptPreview(Out):
    """What this record would send: as the one who asks may read it."""

    characters: int
    of: int
    tokens: int
    pictures: int
    parts: list[PartOut]
    left_out: list[LeftOut]


def shown(provider: AiProvider, call: Call) -> dict[str, Any]:
    """As the API gives it: builders choose by name and model, administrators see where it is."""
    told = provider.model_dump(exclude={"api_key"}) | {
        "url": provider.url, "has_key": provider.api_key is not None,
        "price_input": plain(provider.price_input), "price_output": plain(provider.price_output),
    }  # fmt: skip
    if not call.rights.administrator:
        hidden = (
            "base_url",
            "url",
            "has_key",
            "timeout_seconds",
            "max_tokens",
            "price_input",
            "price_output",
        )
        told |= dict.fromkeys(hidden)
    return told


def plain(price: Any) -> float | None:
    """A price as JSON has it."""
    return None if price is None else float(price)


async def all_shown(call: Call, db: Connection) -> dict[str, Any]:
    return {"items": [shown(one, call) for one in await load_providers(db)]}


@router.get("/providers", **operation("list_ai_providers", AiProviders, summary="The AI providers."))
async def list_ai_providers(call: TheCall) -> Response:
    call.rights.require_builder()
    return await call.read(lambda db: all_shown(call, db))


@router.put(
    "/providers/{key}",
    **operation("set_ai_provider", AiProviders, summary="Add or change an AI provider."),
)
async def set_ai_provider(call: TheCall, key: ProviderPath, body: AiProviderIn) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        providers = await load_providers(db, lock=True)
        before = next((one for one in providers if one.key == key), None)
        if before is None and len(providers) >= MOST_PROVIDERS:
            raise Invalid.of(Problem("too_many", f"There are {MOST_PROVIDERS} providers already.", "/key"))
        made = AiProvider.model_validate(body.model_dump(exclude={"api_key"}) | {"key": key})
        made = made.model_copy(update={"api_key": await handle_of(call, db, before, made, body.api_key)})
        changed = [made if one.key == key else one for one in providers]
        await save_providers(db, changed if before is not None else [*providers, made])
        told = made.model_dump(mode="json", exclude={"api_key", "key"})
        await audit.append(db, call.user_id, "set_ai_provider", f"ai:{key}", **told)
        return await all_shown(call, db)

    return await call.write(work, defines=False)


async def handle_of(
    call: Call, db: Connection, before: AiProvider | None, made: AiProvider, sent: str | None
) -> str | None:
    """The handle of its key: of the one that was sent, or of the one that is kept for the same host."""
    if sent is not None:
        return await keep_secret(db, load_key(call.settings), f"ai:{made.key}", sent, host=made.host)
    if before is None or before.host == made.host:
        return before.api_key if before is not None else None
    await forget_key(db, before)
    return None


@router.post(
    "/providers/{key}/first",
    **operation(
        "set_first_ai_provider", AiProviders, summary="Ask it where no other is named.", errors=[404]
    ),
)
async def set_first_ai_provider(call: TheCall, key: ProviderPath) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        providers = await load_providers(db, lock=True)
        first = known(providers, key)
        await save_providers(db, [first, *(one for one in providers if one.key != key)])
        await audit.append(db, call.user_id, "set_first_ai_provider", f"ai:{key}")
        return await all_shown(call, db)

    return await call.write(work, defines=False)


def known(providers: list[AiProvider], key: str) -> AiProvider:
    """The one with this key. Raises NotFound."""
    found = {one.key: one for one in providers}
    if key not in found:
        raise NotFound(f'There is no AI provider "{key}".', suggestion=did_you_mean(key, found))
    return found[key]


@router.delete(
    "/providers/{key}",
    **operation("remove_ai_provider", status=204, summary="Remove an AI provider.", errors=[404]),
)
async def remove_ai_provider(call: TheCall, key: ProviderPath) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> None:
        providers = await load_providers(db, lock=True)
        gone = known(providers, key)
        await forget_key(db, gone)
        await save_providers(db, [one for one in providers if one.key != key])
        await audit.append(db, call.user_id, "remove_ai_provider", f"ai:{key}")

    return await call.write(work, defines=False)


@router.post(
    "/providers/{key}/test",
    **operation("test_ai_provider", TriedProvider, summary="Ask a provider a small question.", errors=[404]),
)
async def test_ai_provider(call: TheCall, key: ProviderPath) -> Response:
    """It is asked at once, with the saved key, and what it says is told. Nothing of any record goes along."""
    call.rights.require_administrator()
    from whereupon.outbox.ai.trial import try_provider

    async with call.database.connection() as db:
        provider = known(await load_providers(db), key)
    tried = await try_provider(provider, call.settings, call.database)

    async def work(db: Connection) -> dict[str, Any]:
        told = {"status": tried["status"], "code": tried["code"]}
        await audit.append(db, call.user_id, "test_ai_provider", f"ai:{key}", **told)
        return tried

    return await call.write(work, defines=False)


@router.post(
    "/preview",
    **operation("preview_ai_prompt", PromptPreview, summary="What a prompt would send.", errors=[404]),
)
async def preview_ai_prompt(call: TheCall, body: ToPreviewPrompt) -> Response:
    """Documents are read to count their text; nobody is asked."""
    call.rights.require_builder()
    async with call.database.transaction(readonly=True) as db:
        prepared = await prepared_for(call, db, body)
    found = await preview(prepared, FileStore.of(call.settings))
    return await call.read(lambda _: given(found))


async def prepared_for(call: Call, db: Connection, body: ToPreviewPrompt) -> Prepared:
    """What of the record goes along, as the caller may read it. Raises NotFound, Refused, Invalid."""
    catalog = await call.catalog(db)
    module = catalog.module(body.module)
    call.rights.require("read", module.key, body.only)
    check_id(module, body.record_id)
    providers = await load_providers(db)
    without = set[str]()
    if providers and not chosen_provider(providers, body.provider).images:
        without = {"images"}
    wanted = Wanted(frozenset(one for one in body.along if one not in without), tuple(body.only) or None)
    gatherer = Gatherer(catalog, module, call.rights, wanted)
    found = await prepare(db, gatherer, body.record_id, body.characters, body.pictures)
    if found is None:
        raise not_found(module, body.record_id)
    return found


async def given(value: Any) -> Any:
    return value
