"""The file stores that administrators set up: one row of settings each, with secrets only as handles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator, model_validator

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, Problem, did_you_mean
from whereupon.modules.catalog import revise
from whereupon.outbox.egress import NotAllowed, read_url
from whereupon.outbox.secrets import Key, keep_secret
from whereupon.outbox.shared_secrets import Host
from whereupon.people import audit
from whereupon.people.rights import Rights

PREFIX = "file_store/"
KEY = r"^[a-z][a-z0-9_]{0,59}$"
Folder = Annotated[
    str, Field(max_length=500, description="Below which everything goes; empty: nowhere special.")
]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]


class Base(BaseModel):
    """What every store has. `secret` is a handle, never the secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(pattern=KEY, description="How workflows name it.")
    name: Name
    folder: Folder = ""
    secret: str | None = Field(default=None, max_length=20_000)

    @property
    def host(self) -> str:
        """The only host that its secret is sent to."""
        return ""

    @property
    def destination(self) -> str:
        """What may be slow for many calls at once; "" is this machine."""
        return ""


class LocalFolder(Base):
    """A folder of this machine, below the one that the operator set (WHEREUPON_FILES_ROOT)."""

    kind: Literal["folder"]


class Sftp(Base):
    """A server that takes files over SSH, and is known by its key."""

    kind: Literal["sftp"]
    server: Host
    port: int = Field(default=22, ge=1, le=65535)
    username: str = Field(min_length=1, max_length=200)
    sign_in: Literal["password", "key"] = Field(
        default="password",
        description="What the secret is: a password, or a private key in PEM or OpenSSH form.",
    )
    host_key: str = Field(
        min_length=20, max_length=5_000, description="The server's public key, as `ssh-keyscan` prints it."
    )

    @field_validator("host_key")
    @classmethod
    def is_a_key(cls, text: str) -> str:
        return public_key(text)

    @property
    def host(self) -> str:
        return self.server

    @property
    def destination(self) -> str:
        return f"{self.server}:{self.port}"


class S3(Base):
    """A bucket of Amazon S3, or of anything that speaks like it."""

    kind: Literal["s3"]
    endpoint: str = Field(max_length=500, description="Like https://s3.eu-central-1.amazonaws.com.")
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    region: str = Field(default="us-east-1", pattern=r"^[a-z0-9-]{1,50}$")
    access_key_id: str = Field(min_length=1, max_length=200)

    @field_validator("endpoint")
    @classmethod
    def is_a_url(cls, text: str) -> str:
        return url_of_server(text)

    @property
    def host(self) -> str:
        return read_url(self.endpoint).host

    @property
    def destination(self) -> str:
        return read_url(self.endpoint).destination


class HttpPut(Base):
    """A server that takes files by HTTP PUT: WebDAV, Nextcloud, an own service."""

    kind: Literal["http"]
    url: str = Field(max_length=2_000, description="The folder's address; the file's name comes after it.")
    sign_in: Literal["none", "basic", "bearer"] = "none"
    username: str = Field(default="", max_length=200, pattern=r"^[^:\x00-\x1f]*$")

    @field_validator("url")
    @classmethod
    def is_a_url(cls, text: str) -> str:
        place = url_of(text)
        if "?" in place or "#" in place:
            raise ValueError("write the address of a folder, without ? and #")
        return place.rstrip("/") + "/"

    @model_validator(mode="after")
    def has_a_name(self) -> HttpPut:
        if self.sign_in == "basic" and not self.username:
            raise ValueError("a user name is needed to sign in with a password")
        return self

    @property
    def host(self) -> str:
        return read_url(self.url).host

    @property
    def destination(self) -> str:
        return read_url(self.url).destination


Store = LocalFolder | Sftp | S3 | HttpPut
AnyStore: TypeAdapter[Store] = TypeAdapter(Annotated[Store, Field(discriminator="kind")])
NEEDS_SECRET = {"sftp": True, "s3": True, "http": None, "folder": False}  # None: where it signs in


def public_key(text: str) -> str:
    """The key of one line of known hosts, or of a public key file: type and key. Raises ValueError.

    >>> public_key("host.example ssh-ed25519 " + "A" * 30 + " comment")
    'ssh-ed25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    """
    words = text.strip().split()
    kinds = ("ssh-", "ecdsa-", "sk-")
    for index, word in enumerate(words[:-1]):
        if word.startswith(kinds) and words[index + 1].startswith("AAAA"):
            return f"{word} {words[index + 1]}"
    raise ValueError("write the server's public key, like ssh-ed25519 AAAA…, as ssh-keyscan prints it")


def url_of(text: str) -> str:
    try:
        return str(read_url(text).url)
    except NotAllowed as error:
        raise ValueError(error.message) from error


def url_of_server(text: str) -> str:
    url = url_of(text).rstrip("/")
    if read_url(url).url.path not in ("", "/") or "?" in url or "#" in url:
        raise ValueError("write only the server's address, like https://s3.example.com")
    return url


LIST = "SELECT value FROM whereupon.settings WHERE starts_with(key, $1) ORDER BY key"
GET = "SELECT value FROM whereupon.settings WHERE key = $1"
SAVE = """
INSERT INTO whereupon.settings (key, value) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now()
"""
DELETE = "DELETE FROM whereupon.settings WHERE key = $1"
USED_BY = """
SELECT DISTINCT w.name FROM whereupon.workflows w LEFT JOIN whereupon.versions v ON v.id = w.active_version_id
CROSS JOIN LATERAL (VALUES (w.draft), (v.document)) d (document)
CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(d.document->'nodes') = 'array'
                                             THEN d.document->'nodes' ELSE '[]' END) AS n
WHERE w.state <> 'deleted' AND n->>'block' = 'upload_file' AND n->'config'->>'store' = $1 ORDER BY 1
"""


async def list_stores(db: Connection) -> list[Store]:
    """All of them, by key."""
    return [AnyStore.validate_python(row["value"]) for row in await db.fetch(LIST, PREFIX)]


async def get_store(db: Connection, key: str) -> Store:
    """Raises NotFound with the nearest key."""
    found = await db.fetchval(GET, PREFIX + key)
    if found is None:
        known = [store.key for store in await list_stores(db)]
        raise NotFound(f'There is no file store "{key}".', suggestion=did_you_mean(key, known))
    return AnyStore.validate_python(found)


async def save_store(
    db: Connection, rights: Rights, key: Key, sent: Mapping[str, Any], secret: str | None
) -> Store:
    """Add or replace a store. `secret` None: the one that is kept, if it is for the same host.

    Raises Refused, pydantic's ValidationError, Invalid without a secret where one is needed.
    """
    rights.require_administrator()
    store = AnyStore.validate_python({**sent, "secret": None})
    name = f"file-store-{store.key}"
    before = await db.fetchval(GET, PREFIX + store.key)
    handle = before.get("secret") if before else None
    if before is not None and AnyStore.validate_python(before).host != store.host:
        handle = None
    if secret is not None and store.kind != "folder":
        handle = await keep_secret(db, key, name, secret, host=store.host)
    if store.kind == "folder" or (store.kind == "http" and store.sign_in == "none"):
        handle = None
    elif handle is None:
        raise Invalid.of(Problem("missing", "Its password or key is required.", "/secret", "Enter it once."))
    kept = AnyStore.validate_python({**store.model_dump(), "secret": handle})
    await db.execute(SAVE, PREFIX + store.key, kept.model_dump(mode="json"))
    await revise(db)
    told = store.model_dump(exclude={"secret"}, mode="json")
    await audit.append(db, rights.user_id, "save_file_store", f"file_store:{store.key}", **told)
    return kept


async def delete_store(db: Connection, rights: Rights, key: str) -> None:
    """Raises Refused, NotFound; Conflict naming the workflows that send to it."""
    rights.require_administrator()
    store = await get_store(db, key)
    if users := [row["name"] for row in await db.fetch(USED_BY, key)]:
        raise Conflict(
            f"These workflows send files to it: {', '.join(users)}.", suggestion="Change them first."
        )
    if store.secret:
        await db.execute("DELETE FROM whereupon.secrets WHERE name = $1", f"file-store-{key}")
    await db.execute(DELETE, PREFIX + key)
    await revise(db)
    await audit.append(db, rights.user_id, "delete_file_store", f"file_store:{key}")
