"""D10: asks or tells another system by HTTP, and reads its answer into values for later blocks.

At least once, with the same webhook-id at every attempt (rule 24). Where requests may go, and for how long
they may take, is the matter of outbox/egress.py; secrets are opened only while the request is made.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from whereupon.conditions.values import INTEGER, JSON, TEXT, Scope
from whereupon.errors import Problem, WhereuponError, did_you_mean
from whereupon.outbox.answers import KINDS, Kind, parts_of
from whereupon.outbox.calls import Call
from whereupon.outbox.egress import NoAnswer, Outgoing, check_header, read_url
from whereupon.outbox.shared_secrets import handle_of
from whereupon.outbox.signing import CHAIN_HEADER, load_chains, sign_chain, sign_webhook
from whereupon.sdk.block import Batch, Config
from whereupon.sdk.bodies import Body, check_body, reads_of_body, write_bodies
from whereupon.sdk.fields import ComputedValue, Line, Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.outside import (
    AN_HOUR,
    ONCE,
    THREE_DAYS,
    Again,
    Ask,
    OutsideBlock,
    Patience,
    Performed,
    World,
)
from whereupon.sdk.requests import (
    hidden_of,
    in_address,
    judge,
    literal_host,
    shown_request,
    signed_in,
    with_query,
)
from whereupon.sdk.texts import check_text, is_text, reads_of_text, render_texts

WITH_BODY = ["POST", "PUT", "PATCH"]
# What the request itself, or one of the fields for signing in, says.
OURS = frozenset(
    "host content-length transfer-encoding connection te trailer upgrade expect authorization "
    "proxy-authorization proxy-connection keep-alive accept-encoding webhook-id webhook-timestamp "
    f"webhook-signature idempotency-key {CHAIN_HEADER}".split()
)
TRIES: Mapping[str, Patience] = {"three_days": THREE_DAYS, "an_hour": AN_HOUR, "once": ONCE}


class AnswerValue(Config):
    """A value that is read from the answer."""

    name: Annotated[str, Shown("key")] = Field(
        pattern=r"^[a-z][a-z0-9_]{0,58}$", title="Name", description="What later blocks call it."
    )
    source: Annotated[
        Literal["body", "header"], Shown(labels={"body": "Content", "header": "Header"}, advanced=True)
    ] = Field("body", title="Read from")
    path: str = Field(
        "", max_length=300, title="Where", description="Like data.items[0].id; empty: all of it."
    )
    type: Annotated[
        Kind,
        Shown(
            labels={
                "text": "Text", "number": "Number", "integer": "Whole number", "boolean": "Yes or no",
                "date": "Date", "datetime": "Date and time", "json": "Structured data",
            }
        ),
    ] = Field("text", title="Type")  # fmt: skip


class HttpConfig(Config):
    """What is sent where, how it is signed, and what is read from the answer."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    method: Annotated[
        Literal["POST", "GET", "PUT", "PATCH", "DELETE"],
        Shown(
            labels={
                "POST": "POST (create or tell)", "GET": "GET (read)", "PUT": "PUT (replace)",
                "PATCH": "PATCH (change)", "DELETE": "DELETE",
            }
        ),
    ] = Field("POST", title="Method")  # fmt: skip
    url: Annotated[str, Shown("template")] = Field(
        min_length=1, max_length=4_000, title="Address", description="Like https://api.example.com/orders."
    )
    query: Annotated[dict[str, Line], Shown(advanced=True)] = Field(
        default_factory=dict[str, Line], max_length=50, title="Parameters",
        description="Added to the address after a question mark.",
    )  # fmt: skip
    body: Annotated[
        Body,
        Shown(
            when={"method": WITH_BODY},
            labels={
                "record": "The record, with all its fields", "json": "Values, as JSON",
                "form": "Values, as a form", "text": "A text", "none": "Nothing",
            },
        ),
    ] = Field("record", title="What is sent")  # fmt: skip
    values: Annotated[
        dict[str, ComputedValue], Shown(when={"method": WITH_BODY, "body": ["record", "json", "form"]})
    ] = Field(
        default_factory=dict[str, ComputedValue], max_length=200, title="Values",
        description="By name; customer.name is a name inside customer.",
    )  # fmt: skip
    text: Annotated[str, Shown("template-long", when={"method": WITH_BODY, "body": ["text"]})] = Field(
        "", max_length=200_000, title="Text"
    )
    content_type: Annotated[str, Shown(when={"method": WITH_BODY, "body": ["text"]})] = Field(
        "text/plain; charset=utf-8", max_length=200, title="Content type"
    )
    auth: Annotated[
        Literal["none", "basic", "bearer", "header"],
        Shown(
            labels={
                "none": "Nothing", "basic": "User name and password", "bearer": "Token (Bearer)",
                "header": "A header of its own",
            }
        ),
    ] = Field("none", title="Sign in with")  # fmt: skip
    username: Annotated[str | None, Shown("template", when={"auth": ["basic"]})] = Field(
        None, max_length=300, title="User name"
    )
    header: Annotated[str | None, Shown(when={"auth": ["header"]})] = Field(
        None, max_length=100, title="Header", description="Like X-API-Key."
    )
    secret: Annotated[str | None, Shown("secret", when={"auth": ["basic", "bearer", "header"]})] = Field(
        None, max_length=60, title="Secret", description="Only its name is kept in the workflow."
    )
    answer: list[AnswerValue] = Field(
        default_factory=list[AnswerValue], max_length=50, title="Values of the answer",
        description="What later blocks can use, beside status and body.",
    )  # fmt: skip
    headers: Annotated[dict[str, Line], Shown(advanced=True)] = Field(
        default_factory=dict[str, Line], max_length=50, title="Headers"
    )
    signing_secret: Annotated[str | None, Shown("secret", advanced=True)] = Field(
        None, max_length=60, title="Signing secret",
        description="With it, receivers can check who sent this (Standard Webhooks).",
    )  # fmt: skip
    tries: Annotated[
        Literal["three_days", "an_hour", "once"],
        Shown(
            labels={"three_days": "For three days", "an_hour": "For about an hour", "once": "Once"},
            advanced=True,
        ),
    ] = Field("three_days", title="Try while nobody answers")  # fmt: skip
    timeout_seconds: Annotated[int, Shown(advanced=True)] = Field(
        30, ge=1, le=120, title="Seconds to wait for an answer"
    )

    @model_validator(mode="after")
    def says_all_that_it_needs(self) -> HttpConfig:
        if self.auth != "none" and not self.secret:
            raise ValueError("choose the secret to sign in with")
        if self.auth == "basic" and not self.username:
            raise ValueError("signing in with a password needs a user name")
        if self.auth == "header" and not self.header:
            raise ValueError("say in which header the secret goes")
        return self


class HttpRequest(OutsideBlock[HttpConfig]):
    """Only 2xx succeeds; what may pass is tried again, what will not is a failure at once."""

    key = "http_request"
    label = "HTTP request"
    group = "Web"
    icon = "world"
    description = "Sends a request to another system, and reads its answer."
    Config = HttpConfig
    outputs: ClassVar = {"status": INTEGER, "body": TEXT, "headers": JSON}
    patience = THREE_DAYS
    seconds = 130.0
    examples = (
        {"url": "https://books.example.com/hooks/items", "tries": "once"},
        {
            "method": "PUT", "url": "https://books.example.com/items/{{ record.id }}", "body": "json",
            "values": {"title": {"field": "name"}, "customer.email": {"field": "email"}, "source": "office"},
            "tries": "once",
        },
        {
            "method": "GET", "url": "https://books.example.com/rates", "query": {"for": "{{ record.name }}"},
            "answer": [{"name": "rate", "path": "rates[0].value", "type": "number"}], "tries": "once",
        },
    )  # fmt: skip

    def outputs_of(self, config: HttpConfig) -> Mapping[str, Any]:
        return {**self.outputs, **{one.name: KINDS[one.type] for one in config.answer}}

    def check(self, config: HttpConfig, scope: Scope) -> list[Problem]:
        found = [p for path, text in _texts(config).items() for p in check_text(text, scope, path)]
        if _with_body(config):
            found += check_body(config.body, config.values, scope)
        found += _check_url(config)
        found += _check_headers(config)
        found += _check_answer(config)
        for name in ("secret", "signing_secret"):
            found += _check_secret(getattr(config, name), config, scope, f"/{name}")
        return found

    def describe(self, config: HttpConfig, scope: Scope) -> str:
        host = config.url.split("//", 1)[-1].split("/", 1)[0]
        return f"{config.method} to {host}"

    def reads(self, config: HttpConfig, scope: Scope) -> frozenset[str]:
        texts = [reads_of_text(text, scope) for text in _texts(config).values()]
        body = reads_of_body(config.body, config.values, scope) if _with_body(config) else frozenset[str]()
        return body.union(*texts)

    def patience_for(self, call: Call) -> Patience:
        return TRIES[call.request["tries"]]

    # In the transaction

    async def prepare(self, config: HttpConfig, batch: Batch) -> Sequence[Ask | Fail]:
        texts = await render_texts(batch, _texts(config))
        kind = config.body if _with_body(config) else "none"
        bodies = await write_bodies(batch, kind, config.values, texts)
        chains = await load_chains(batch.db, batch.ids)
        return [_ask(config, texts[run.id], bodies.get(run.id), chains.get(run.id, [])) for run in batch.runs]

    # Outside it

    async def perform(self, call: Call, world: World) -> Performed:
        request = call.request
        place = read_url(request["url"])
        secrets = {
            name: await world.secret(handle_of(request[name]), place.host)
            for name in ("secret", "signing_secret")
            if request.get(name)
        }
        body = (request.get("body") or "").encode()
        headers = dict(request["headers"]) | signed_in(request, secrets.get("secret", ""))
        headers |= {"idempotency-key": call.key, CHAIN_HEADER: sign_chain(world.key, request["chain"])}
        if "signing_secret" in secrets:
            headers |= sign_webhook(secrets["signing_secret"], call.key, int(time.time()), body)
        outgoing = Outgoing(
            request["method"], request["url"], headers, body,
            total_seconds=request["timeout"], idle_seconds=request["timeout"], confidential=bool(secrets),
        )  # fmt: skip
        try:
            answer = await world.egress.send(outgoing)
        except NoAnswer as error:
            return Again(error.message, error.code)
        return judge(answer, place, request["answer"], hidden_of(request, secrets))

    # In a test

    async def rehearse(self, config: HttpConfig, batch: Batch) -> list[Outcome]:
        sample = {one.name: SAMPLES[one.type] for one in config.answer}
        return [Done("next", {"status": 200, "body": "", "headers": {}, **sample}) for _ in batch.runs]


SAMPLES: Mapping[str, Any] = {
    "text": "", "number": 0, "integer": 0, "boolean": False, "date": None, "datetime": None, "json": {},
}  # fmt: skip


# What is said, and whether it can be ------------------------------------------------------------------


def _with_body(config: HttpConfig) -> bool:
    return config.method in WITH_BODY


def _texts(config: HttpConfig) -> dict[str, str]:
    """Every text with variables, by where it stands in the configuration."""
    found = {"/url": in_address(config.url)}
    found |= {f"/query/{name}": text for name, text in config.query.items()}
    found |= {f"/headers/{name}": text for name, text in config.headers.items()}
    if _with_body(config) and config.body == "text":
        found["/text"] = config.text
    if _with_body(config) and config.body != "text":
        found |= {f"/values/{name}": str(value) for name, value in config.values.items() if is_text(value)}
    if config.auth == "basic":
        found["/username"] = config.username or ""
    return found


def _check_url(config: HttpConfig) -> list[Problem]:
    if "{" in config.url:
        return []
    try:
        read_url(config.url)
    except WhereuponError as error:
        return [Problem(error.code, error.message, "/url", error.suggestion)]
    return []


def _check_headers(config: HttpConfig) -> list[Problem]:
    found: list[Problem] = []
    for name in config.headers:
        if name.lower() in OURS:
            advice = "Choose how to sign in instead." if name.lower() == "authorization" else None
            found.append(Problem("own_header", f'"{name}" is set by itself.', f"/headers/{name}", advice))
    for at, name, value in [
        *((f"/headers/{name}", name, "") for name in config.headers),
        *([("/header", config.header, "")] if config.auth == "header" and config.header else []),
        *([("/content_type", "content-type", config.content_type)] if config.body == "text" else []),
    ]:
        try:
            check_header(name, value)
        except WhereuponError as error:
            found.append(Problem(error.code, error.message, at))
    if config.auth == "header" and (config.header or "").lower() in OURS - {"authorization"}:
        found.append(Problem("own_header", f'"{config.header}" is set by itself.', "/header"))
    return found


def _check_answer(config: HttpConfig) -> list[Problem]:
    found: list[Problem] = []
    names = ["status", "body", "headers"]
    for index, one in enumerate(config.answer):
        if one.name in names:
            found.append(
                Problem("duplicate", f'There is a value "{one.name}" already.', f"/answer/{index}/name")
            )
        names.append(one.name)
        try:
            if one.source == "body":
                parts_of(one.path)
            else:
                check_header(one.path.strip(), "")
        except (ValueError, WhereuponError) as error:
            found.append(Problem("bad_path", str(error), f"/answer/{index}/path"))
    return found


def _check_secret(key: str | None, config: HttpConfig, scope: Scope, at: str) -> list[Problem]:
    if key is None or (at == "/secret" and config.auth == "none"):
        return []
    known = scope.catalog.secrets
    if key not in known:
        advice = did_you_mean(key, known) or "An administrator adds it in the settings, under Secrets."
        return [Problem("unknown_secret", f'There is no secret "{key}".', at, advice)]
    begins = literal_host(config.url)
    try:
        host = read_url(begins).host if begins else None
    except WhereuponError:
        return []  # the address itself is refused
    if host is not None and host != known[key]:
        told = f'The secret "{key}" is only sent to {known[key]}, and this goes to {host}.'
        return [Problem("other_host", told, at, "Choose another secret.")]
    return []


# One request ------------------------------------------------------------------------------------------


def _ask(
    config: HttpConfig, texts: Mapping[str, str], body: tuple[str, str] | None, chain: list[Any]
) -> Ask | Fail:
    """What is asked of one run, or why it cannot be."""
    headers = {name: texts[f"/headers/{name}"] for name in config.headers}
    if _with_body(config) and config.body == "text":
        body = (texts["/text"], config.content_type)
    if body is not None:
        headers = {"content-type": body[1]} | {name.lower(): value for name, value in headers.items()}
    pairs = [(name, texts[f"/query/{name}"]) for name in config.query]
    url = with_query(texts["/url"].strip(), pairs)
    try:
        place = read_url(url)
        for name, value in headers.items():
            check_header(name, value)
    except WhereuponError as error:
        return Fail(error.message, error.code, error.suggestion)
    request: dict[str, Any] = {
        "method": config.method, "url": url, "headers": headers, "body": body[0] if body else None,
        "auth": config.auth, "username": texts.get("/username"), "header": config.header,
        "secret": config.secret if config.auth != "none" else None, "signing_secret": config.signing_secret,
        "answer": [one.model_dump() for one in config.answer], "tries": config.tries,
        "timeout": config.timeout_seconds, "chain": chain,
    }  # fmt: skip
    return Ask(request, place.destination, shown_request(request))
