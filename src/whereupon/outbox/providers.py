"""The services that an organisation sends its text and chat messages through, each under a key.

What is stored of a service's address is a secret: it holds the account's password. Blocks name the key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, Problem, WhereuponError, did_you_mean
from whereupon.outbox.secrets import Key, keep_secret, open_secret
from whereupon.outbox.services import BY_KEY, Kind, Service

SETTING = "message_providers"
HANDLE = "secret:provider."  # with the key behind it, the handle of an address
MOST = 50


@dataclass(frozen=True, slots=True)
class Provider:
    """One of them. `host`: the server in its address where that names one, else the service's first."""

    key: str
    name: str
    service: Service
    host: str
    secret: str  # the handle of its address
    default: bool

    @property
    def kind(self) -> Kind:
        return self.service.kind

    def stored(self) -> dict[str, Any]:
        """As a setting has it."""
        return {
            "key": self.key, "name": self.name, "kind": self.kind, "service": self.service.key,
            "host": self.host, "secret": self.secret, "default": self.default,
        }  # fmt: skip

    def shown(self) -> dict[str, Any]:
        """As people see it: nothing secret."""
        host = self.host if self.service.self_hosted else None
        kept = {name: value for name, value in self.stored().items() if name not in ("secret", "host")}
        return {**kept, "service_label": self.service.label, "host": host}


@dataclass(frozen=True, slots=True)
class Opened:
    """Providers with their addresses; those whose secret does not open are left out."""

    providers: Mapping[str, Provider] = field(default_factory=dict[str, Provider])
    addresses: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def chosen(self, kind: Kind, key: str | None) -> Provider | None:
        """The one with this key; without a key, the one that is used by default."""
        some = [provider for provider in self.providers.values() if provider.kind == kind]
        if key is not None:
            return next((provider for provider in some if provider.key == key), None)
        return next((provider for provider in some if provider.default), some[0] if some else None)


LOAD = f"SELECT value, updated_at FROM whereupon.settings WHERE key = '{SETTING}'"
LOAD_FOR_CHANGE = f"SELECT value FROM whereupon.settings WHERE key = '{SETTING}' FOR UPDATE"
SAVE = f"""
INSERT INTO whereupon.settings (key, value) VALUES ('{SETTING}', $1)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = clock_timestamp()
"""
FORGET_SECRET = "DELETE FROM whereupon.secrets WHERE name = $1"
# Workflows whose draft or active version sends through this provider.
USED_BY = """
SELECT DISTINCT w.name FROM whereupon.workflows w LEFT JOIN whereupon.versions v ON v.id = w.active_version_id
CROSS JOIN LATERAL (VALUES (w.draft), (v.document)) d (document)
CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(d.document->'nodes') = 'array'
  THEN d.document->'nodes' ELSE '[]' END) n
WHERE n->>'block' IN ('send_text', 'send_chat') AND coalesce(n->'config'->>'provider', n->>'provider') = $1
ORDER BY 1 LIMIT 3
"""


async def load_providers(db: Connection) -> tuple[dict[str, Provider], Any]:
    """All providers by key, and when they were last changed (None: never)."""
    row = await db.fetchrow(LOAD)
    return (read_stored(row["value"]), row["updated_at"]) if row else ({}, None)


def read_stored(value: Mapping[str, Any] | None) -> dict[str, Provider]:
    """Of a service that this version does not know nothing is read."""
    items: Sequence[Mapping[str, Any]] = (value or {}).get("items", [])
    return {
        item["key"]: Provider(
            item["key"], item["name"], BY_KEY[item["service"]], item["host"], item["secret"], item["default"]
        )
        for item in items
        if item["service"] in BY_KEY
    }


async def open_providers(db: Connection, key: Key, providers: Mapping[str, Provider]) -> Opened:
    """With their addresses, to send."""
    addresses: dict[str, str] = {}
    for provider in providers.values():
        try:
            addresses[provider.key] = await open_secret(db, key, provider.secret, host=provider.host)
        except WhereuponError:
            continue  # whoever sends through it is told
    return Opened(providers, addresses)


async def save_provider(
    db: Connection, secret_key: Key, wanted: Provider, address: str | None
) -> dict[str, Provider]:
    """Add or change one; without an address the stored one stays. Raises Invalid."""
    providers = read_stored(await db.fetchval(LOAD_FOR_CHANGE))
    before = providers.get(wanted.key)
    if address is None and (before is None or before.service != wanted.service):
        raise Invalid.of(Problem("no_address", "Enter the address of the service.", "/address"))
    if before is None and len(providers) >= MOST:
        raise Conflict(f"There are {MOST} providers already.", suggestion="Remove one that is not used.")
    if before is not None and before.kind != wanted.kind:
        raise Conflict(f'"{before.name}" has this key already, and is for other messages.')
    if address is None and before is not None:
        wanted = Provider(wanted.key, wanted.name, wanted.service, before.host, before.secret, wanted.default)
    elif address is not None:
        await keep_secret(db, secret_key, secret_name(wanted.key), address, host=wanted.host)
    providers[wanted.key] = wanted
    return await save_all(db, one_default(providers, wanted if wanted.default else None))


def secret_name(key: str) -> str:
    """What the secret of a provider is called.

    >>> secret_name("ops")
    'provider.ops'
    """
    return f"{HANDLE.removeprefix('secret:')}{key}"


def one_default(providers: Mapping[str, Provider], chosen: Provider | None) -> dict[str, Provider]:
    """Of each kind exactly one is used by default: the chosen one, else the one before, else the first."""
    defaults: dict[str, str] = {chosen.kind: chosen.key} if chosen else {}
    for provider in sorted(providers.values(), key=lambda one: not one.default):
        defaults.setdefault(provider.kind, provider.key)
    return {
        key: Provider(p.key, p.name, p.service, p.host, p.secret, defaults[p.kind] == key)
        for key, p in providers.items()
    }


async def remove_provider(db: Connection, key: str) -> dict[str, Provider]:
    """Raises NotFound, and Conflict while a workflow sends through it."""
    providers = read_stored(await db.fetchval(LOAD_FOR_CHANGE))
    if key not in providers:
        raise NotFound(f'There is no provider "{key}".', suggestion=did_you_mean(key, providers))
    used = [row["name"] for row in await db.fetch(USED_BY, key)]
    if used:
        raise Conflict(
            f"“{providers[key].name}” is used by {', '.join(f'“{name}”' for name in used)}.",
            suggestion="Choose another provider in these workflows first.",
        )
    await db.execute(FORGET_SECRET, secret_name(key))
    return await save_all(db, one_default({k: p for k, p in providers.items() if k != key}, None))


async def save_all(db: Connection, providers: dict[str, Provider]) -> dict[str, Provider]:
    await db.execute(SAVE, {"items": [provider.stored() for provider in providers.values()]})
    return providers
