"""The AI providers of an installation: the setting "ai". Keys to them are secrets, kept by handle alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from whereupon.db.pool import Connection
from whereupon.errors import NotFound, did_you_mean
from whereupon.outbox.secrets import HANDLE
from whereupon.outbox.settings import SAVE_SETTING

Kind = Literal["openai", "anthropic", "google"]
AnswerAs = Literal["schema", "tool", "text"]
KINDS: dict[Kind, str] = {
    "openai": "OpenAI, or a server that speaks like it",
    "anthropic": "Anthropic",
    "google": "Google Gemini",
}
BASE_URLS: dict[Kind, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
}
PORTS = {"http": 80, "https": 443}
KEY = r"^[a-z][a-z0-9_]{0,59}$"
ProviderKey = Annotated[str, Field(pattern=KEY, examples=["local"])]
Price = Annotated[Decimal, Field(ge=0, le=100_000, max_digits=12, decimal_places=6)]


class ProviderSettings(BaseModel):
    """Who is asked, which model, where, how, and at what price; all but who it is among ours, and its key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
    kind: Kind = "openai"
    model: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\s\x00]+$")]
    base_url: Annotated[str, Field(max_length=500)] | None = Field(
        default=None, description="None: the provider's own address.", examples=["http://127.0.0.1:11434/v1"]
    )
    images: bool = Field(default=True, description="Whether the model looks at pictures.")
    answer_as: AnswerAs | None = Field(
        default=None,
        description="How a typed answer is asked for: a schema, a tool, plain text; none: by the model.",
    )
    timeout_seconds: float = Field(default=60, gt=0, le=280, description="For one answer.")
    max_tokens: int | None = Field(
        default=None, ge=1, le=1_000_000, description="The longest answer; none: any."
    )
    price_input: Price | None = Field(default=None, description="Of a million tokens that are sent.")
    price_output: Price | None = Field(default=None, description="Of a million tokens that are answered.")
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$", description="Of both prices, ISO 4217.")

    @field_validator("base_url")
    @classmethod
    def is_an_address(cls, url: str | None) -> str | None:
        return None if url is None else checked_url(url)

    @model_validator(mode="after")
    def has_both_prices(self) -> ProviderSettings:
        if (self.price_input is None) != (self.price_output is None):
            raise ValueError("name both prices, or none")
        return self

    @property
    def url(self) -> str:
        """Where it is asked."""
        return self.base_url or BASE_URLS[self.kind]

    @property
    def host(self) -> str:
        """The host that its key is for."""
        return urlsplit(self.url).hostname or ""

    @property
    def destination(self) -> str:
        """Host and port, as what may be slow for many calls at once."""
        parts = urlsplit(self.url)
        return f"{self.host}:{parts.port or PORTS[parts.scheme]}"

    def cost(self, input_tokens: int, output_tokens: int) -> Decimal | None:
        """What so many tokens cost; None where no price is set.

        >>> one = AiProvider(key="a", name="A", model="m", price_input=3, price_output=15)
        >>> one.cost(1_000, 200)
        Decimal('0.006000')
        """
        if self.price_input is None or self.price_output is None:
            return None
        whole = self.price_input * input_tokens + self.price_output * output_tokens
        return (whole / 1_000_000).quantize(Decimal("0.000001"))


class AiProvider(ProviderSettings):
    """One of our providers. `api_key` is the handle of a secret (outbox/secrets.py), never the key."""

    key: ProviderKey
    api_key: str | None = Field(default=None, description="Handle of the secret that holds the key.")


def checked_url(url: str) -> str:
    """An address without anything secret in it. Raises ValueError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("this is not a web address") from None
    plain = url.isprintable() and url.isascii() and " " not in url
    if parts.scheme not in PORTS or not parts.hostname or not plain or port == 0:
        raise ValueError("write it like https://api.example.com/v1")
    if parts.username is not None or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("leave out user name, password, ? and #; the key has its own field")
    return url.rstrip("/")


GET_PROVIDERS = "SELECT value FROM whereupon.settings WHERE key = 'ai'"
LOCK_PROVIDERS = f"{GET_PROVIDERS} FOR UPDATE"


async def load_providers(db: Connection, *, lock: bool = False) -> list[AiProvider]:
    """All of them, in their order: the first is asked where a block names none."""
    value: dict[str, list[Any]] | None = await db.fetchval(LOCK_PROVIDERS if lock else GET_PROVIDERS)
    return [AiProvider.model_validate(one) for one in (value or {}).get("providers", [])]


DROP_SECRET = "DELETE FROM whereupon.secrets WHERE name = $1"


async def forget_key(db: Connection, provider: AiProvider) -> None:
    """Delete the key of a provider that goes, or that gets none."""
    if provider.api_key is not None:
        await db.execute(DROP_SECRET, provider.api_key.removeprefix(HANDLE))


async def save_providers(db: Connection, providers: list[AiProvider]) -> None:
    """Set all of them."""
    value = {"providers": [one.model_dump(mode="json") for one in providers]}
    await db.execute(SAVE_SETTING, "ai", value)


def chosen_provider(providers: list[AiProvider], key: str | None) -> AiProvider:
    """The one named, or the first. Raises NotFound."""
    if not providers:
        raise NotFound(
            "No AI provider is set.", suggestion="An administrator sets one in the settings, under AI."
        )
    found = {one.key: one for one in providers}
    if key is None:
        return providers[0]
    if key not in found:
        near = did_you_mean(key, found) or "Choose another one in the block, or set it up again."
        raise NotFound(f'There is no AI provider "{key}".', suggestion=near)
    return found[key]
