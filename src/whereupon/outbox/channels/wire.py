"""What apprise's files get in place of `requests`: the same calls, made through our one way out.

So a service's own code can reach only the hosts in its row, only at addresses that are allowed, follows no
redirect, uses no proxy or password file of the environment, and is asked before its first byte leaves.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from whereupon.outbox.egress import Answer, Egress, NoAnswer, NotAllowed, Outgoing
from whereupon.outbox.services import Service

TOTAL_SECONDS, IDLE_SECONDS = 20.0, 15.0  # of one request
MOST_BYTES = 1_000_000
MOST_REQUESTS = 12  # of one message: a few services sign in and look rooms up first
VERBS = ("get", "post", "put", "patch", "delete", "head")


class Halt(BaseException):
    """The service's code stops here. Not an Exception, so that none of its handlers catches it."""


class TakenByAnother(Halt):
    """Somebody else sends this message."""


class Stopped(Halt):
    """A request came to nothing; `error` says how."""

    def __init__(self, error: NoAnswer | NotAllowed) -> None:
        super().__init__(error)
        self.error = error


@dataclass(slots=True)
class Watch:
    """What one message's requests may do, and what the last of them came to."""

    service: Service
    host: str  # of the address; only a server of one's own may be reached by it
    egress: Egress
    loop: asyncio.AbstractEventLoop
    begin: Callable[[], Awaitable[bool]]
    begun: bool = False
    answers: list[Answer] = field(default_factory=list[Answer])

    def request(self, method: str, url: str, options: dict[str, Any]) -> Any:
        """In the thread of the service's code: as requests.request. Raises Halt."""
        import requests

        kept = {key: options.get(key) for key in ("params", "data", "json", "headers", "auth", "cookies")}
        prepared = requests.Request(method.upper(), url, **kept).prepare()
        if options.get("files"):
            raise Stopped(NotAllowed("not_supported", "This service sends files, which is not supported."))
        made = asyncio.run_coroutine_threadsafe(self.exchange(prepared), self.loop)
        return response(made.result(), prepared)

    async def exchange(self, prepared: Any) -> Answer:
        """On the loop: ask whether it may begin, then make the request."""
        host = (urlsplit(str(prepared.url)).hostname or "").lower()
        if not self.service.may_reach(host, self.host) or len(self.answers) >= MOST_REQUESTS:
            told = f"{self.service.label} wanted to reach {host}, which is none of its servers."
            raise Stopped(NotAllowed("wrong_host", told))
        if not self.begun:
            if not await self.begin():
                raise TakenByAnother
            self.begun = True
        body = prepared.body or b""
        outgoing = Outgoing(
            prepared.method, str(prepared.url), dict(prepared.headers),
            body.encode() if isinstance(body, str) else bytes(body),
            TOTAL_SECONDS, IDLE_SECONDS, MOST_BYTES, confidential=True,
        )  # fmt: skip
        try:
            answer = await self.egress.send(without_length(outgoing))
        except (NoAnswer, NotAllowed) as error:
            raise Stopped(error) from error
        self.answers.append(answer)
        return answer


def without_length(outgoing: Outgoing) -> Outgoing:
    """The length is written by who writes the body."""
    headers = {name: value for name, value in outgoing.headers.items() if name.lower() != "content-length"}
    return replace(outgoing, headers=headers)


def response(answer: Answer, prepared: Any) -> Any:
    """The answer as requests gives it."""
    import requests
    from requests.structures import CaseInsensitiveDict

    made: Any = requests.Response()
    made.status_code, made.url, made.request = answer.status, prepared.url, prepared
    made.headers = CaseInsensitiveDict(answer.headers)
    made._content, made._content_consumed = answer.body, True
    made.encoding = "utf-8"
    return made


watching: ContextVar[Watch] = ContextVar("watching")


class Wire(ModuleType):
    """Stands where a file of apprise has `requests`. Without a watch it does nothing but fail."""

    def request(self, method: str, url: str, **options: Any) -> Any:
        return watching.get().request(method, url, options)

    def __getattr__(self, name: str) -> Any:
        if name in VERBS:
            return partial(self.request, name)
        if name in ("Session", "session", "sessions", "adapters", "api"):
            raise RuntimeError(f"requests.{name} is not for services: it would open connections of its own.")
        import requests

        return getattr(requests, name)


WIRE = Wire("requests")


def rewire(package: str) -> None:
    """Put the wire into every loaded file of a service."""
    import requests

    for name, module in list(sys.modules.items()):
        known = name == package or name.startswith(f"{package}.")
        if known and getattr(module, "requests", None) is requests:
            module.requests = WIRE  # pyright: ignore[reportAttributeAccessIssue]
