"""The services that text and chat messages leave through: set by administrators, chosen by builders."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.settings import Tried
from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, Problem, did_you_mean
from whereupon.modules.catalog import revise
from whereupon.outbox.channels.chat import chat_source
from whereupon.outbox.channels.text import text_source
from whereupon.outbox.phones import BadPhone, phone_region, read_phone
from whereupon.outbox.providers import HANDLE, Provider, load_providers, remove_provider, save_provider
from whereupon.outbox.secrets import load_key
from whereupon.outbox.services import BY_KEY, SERVICES
from whereupon.outbox.trial_message import send_test_message
from whereupon.people import audit
from whereupon.templates.template import parse

router = routes_of("settings", "/settings/providers")

Key = Annotated[str, Path(min_length=1, max_length=60, pattern=r"^[a-z][a-z0-9_]*$")]
TEST_TEXT = "If you can read this, messages leave Whereupon as they should."


class ProviderOut(Out):
    """One provider; its address is a secret, and never shown."""

    key: str
    name: str
    kind: Literal["text", "chat"]
    service: str
    service_label: str
    host: str | None = Field(description="The server, where it is one of your own.")
    default: bool = Field(description="Used by blocks that name none.")


class ServiceOut(Out):
    """One service that can be used, and how its address is written."""

    key: str
    label: str
    kind: Literal["text", "chat"]
    example: str
    self_hosted: bool


class ProvidersOut(Out):
    """What is set, and what could be."""

    items: list[ProviderOut]
    services: list[ServiceOut]


class ProviderIn(BaseModel):
    """One provider. The address is sealed when it arrives, and never shown again."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S", examples=["Support room"])]
    service: Annotated[str, Field(max_length=40, examples=["slack"])]
    address: str | None = Field(default=None, max_length=2_000, description="Left out: the one kept already.")
    default: bool = False


class TestMessage(BaseModel):
    """Whom to send the test to; for a chat, nobody in particular."""

    model_config = ConfigDict(extra="forbid")

    to: str | None = Field(default=None, max_length=60, examples=["+30 694 123 4567"])


async def read_providers(db: Connection) -> dict[str, Any]:
    """Everything but secrets."""
    providers, _ = await load_providers(db)
    services = [
        {"key": s.key, "label": s.label, "kind": s.kind, "example": s.example, "self_hosted": s.self_hosted}
        for s in SERVICES
    ]
    items = sorted(providers.values(), key=lambda one: (one.kind, one.name.lower(), one.key))
    return {"items": [one.shown() for one in items], "services": services}


@router.get("", **operation("list_providers", ProvidersOut, summary="Services that messages leave through."))
async def list_providers(call: TheCall) -> Response:
    call.rights.require_builder()
    return await call.read(read_providers)


@router.put(
    "/{key}", **operation("set_provider", ProvidersOut, summary="Add or change a provider.", errors=(409,))
)
async def set_provider(call: TheCall, key: Key, body: ProviderIn) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        await save_provider(db, load_key(call.settings), provider_of(key, body), body.address)
        told = body.model_dump(exclude={"address"}) | {"address_changed": body.address is not None}
        await audit.append(db, call.user_id, "set_provider", f"provider:{key}", **told)
        await revise(db)  # the checks of workflows know the keys
        return await read_providers(db)

    return await call.write(work)


def provider_of(key: str, body: ProviderIn) -> Provider:
    """The provider, its address tried. Raises Invalid."""
    service = BY_KEY.get(body.service)
    if service is None:
        told = f'There is no service "{body.service}".'
        raise Invalid.of(Problem("unknown_service", told, "/service", did_you_mean(body.service, BY_KEY)))
    host = service.hosts[0] if service.hosts else ""
    if body.address is not None:
        from whereupon.outbox.channels.plugin import instance

        made = instance(body.address, service, [] if service.kind == "text" else None)
        host = host or str(made.host or "").lower()
    return Provider(key, body.name.strip(), service, host, f"{HANDLE}{key}", body.default)


@router.delete(
    "/{key}", **operation("remove_provider", status=204, summary="Remove a provider.", errors=(409,))
)
async def delete_provider(call: TheCall, key: Key) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> None:
        await remove_provider(db, key)
        await audit.append(db, call.user_id, "remove_provider", f"provider:{key}")
        await revise(db)

    return await call.write(work)


@router.post(
    "/{key}/test",
    **operation("send_test_message", Tried, summary="Send a test message, and tell what came of it."),
)
async def test_provider(call: TheCall, key: Key, body: TestMessage) -> Response:
    """It is tried at once, for ten seconds at most, and is to be found among the messages afterwards."""
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        providers, _ = await load_providers(db)
        if key not in providers:
            raise NotFound(f'There is no provider "{key}".', suggestion=did_you_mean(key, providers))
        provider = providers[key]
        text = parse(TEST_TEXT, Scope(await call.catalog(db), None))
        if provider.kind == "text":
            source, to = text_source(text, provider=key), await number_of(db, body.to)
        else:
            source, to = chat_source(text, title=None, provider=key), provider.name
        tried = await send_test_message(db, call.settings, provider, source, to)
        told = {"to": to, "status": tried.status, "code": tried.code}
        await audit.append(db, call.user_id, "send_test_message", f"provider:{key}", **told)
        return asdict(tried)

    return await call.write(work, defines=False)


async def number_of(db: Connection, written: str | None) -> str:
    """The number that a test goes to. Raises Invalid."""
    try:
        return read_phone(written or "", await phone_region(db))
    except BadPhone as error:
        raise Invalid.of(Problem(error.code, error.message, "/to", error.suggestion)) from error
