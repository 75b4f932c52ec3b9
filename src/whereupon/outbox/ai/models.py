"""The library's model for a provider: our address, our key, our HTTP client, and no retries of its own."""

from __future__ import annotations

from typing import Any

from whereupon.outbox.ai.providers import AiProvider, Kind

# What is imported for a provider, on use only.
MODULES: dict[Kind, tuple[str, ...]] = {
    "openai": ("pydantic_ai.models.openai", "pydantic_ai.providers.openai_compatible"),
    "anthropic": ("pydantic_ai.models.anthropic", "pydantic_ai.providers.anthropic"),
    "google": ("pydantic_ai.models.google", "pydantic_ai.providers.google"),
}
NO_KEY = "none"  # local servers ask for none, and the libraries insist on one


def model_of(provider: AiProvider, api_key: str | None, client: Any) -> Any:
    """The model to ask. Keys and addresses in the environment are not looked at."""
    match provider.kind:
        case "openai":
            return openai_model(provider, api_key, client)
        case "anthropic":
            return anthropic_model(provider, api_key, client)
        case "google":
            return google_model(provider, api_key, client)


def openai_model(provider: AiProvider, api_key: str | None, client: Any) -> Any:
    """Chat completions: what every server that speaks like OpenAI understands."""
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    sdk = AsyncOpenAI(
        base_url=provider.url, api_key=api_key or NO_KEY, organization="", project="", max_retries=0,
        http_client=client,
    )  # fmt: skip
    service: Any = OpenAICompatibleProvider(provider.key, openai_client=sdk)
    return OpenAIChatModel(provider.model, provider=service)


def anthropic_model(provider: AiProvider, api_key: str | None, client: Any) -> Any:
    """Messages, by key."""
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    sdk = AsyncAnthropic(base_url=provider.url, api_key=api_key or NO_KEY, max_retries=0, http_client=client)
    return AnthropicModel(provider.model, provider=AnthropicProvider(anthropic_client=sdk))


def google_model(provider: AiProvider, api_key: str | None, client: Any) -> Any:
    """The Gemini API, by key."""
    from google.genai.types import HttpRetryOptions
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    service = GoogleProvider(
        api_key=api_key or NO_KEY, base_url=provider.url, http_client=client,
        retry_options=HttpRetryOptions(attempts=1),
    )  # fmt: skip
    return GoogleModel(provider.model, provider=service)
