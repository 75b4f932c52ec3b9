"""Text and chat messages through the services of an organisation, at most once (rule 25).

"Sending" is committed before the first request. A service that was not reached is tried again; one that
was asked and did not answer leaves the message uncertain, and after a few of those rests for a minute,
so that one silent service does not make thousands of uncertain messages.
"""

from __future__ import annotations

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from whereupon.errors import WhereuponError
from whereupon.outbox.channels.plugin import hand_over, instance
from whereupon.outbox.channels.transport import Letter, MayBegin, failed, retry, sent, uncertain
from whereupon.outbox.channels.wire import Stopped, TakenByAnother, Watch, watching
from whereupon.outbox.egress import Answer, Egress, NoAnswer
from whereupon.outbox.messages import Outcome
from whereupon.outbox.providers import Opened, Provider
from whereupon.outbox.services import Kind

AT_ONCE = 8  # messages under way in one process
SILENCES, REST_SECONDS = 3, 60.0  # so many without an answer in a row, and how long the service rests then
NOT_REACHED = ("unknown_host", "connect_timeout", "connect_failed")
BUSY = (401, 402, 429, 503)  # it did not take it, and may another time: also once the account is in order
MOST_WAIT = 6 * 3600.0


@dataclass(slots=True)
class Pulse:
    """How a service has answered of late."""

    silences: int = 0
    rests_until: float = 0.0

    def heard(self) -> None:
        self.silences = 0

    def unheard(self) -> None:
        self.silences += 1
        if self.silences >= SILENCES:
            self.silences, self.rests_until = 0, time.monotonic() + REST_SECONDS


class Messenger:
    """The transport of one kind of message."""

    leaves = True

    def __init__(self, kind: Kind, opened: Opened, egress: Egress) -> None:
        self.kind: Kind = kind
        self.opened = opened
        self.egress = egress
        self.users = 0
        self.threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=kind)
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.pulses: dict[str, Pulse] = {}

    async def send(self, letter: Letter, may_begin: MayBegin) -> Outcome | None:
        self.users += 1
        try:
            async with self.slots:
                return await self.deliver(letter, may_begin)
        finally:
            self.users -= 1

    async def close(self) -> None:
        self.threads.shutdown(wait=False)

    async def deliver(self, letter: Letter, may_begin: MayBegin) -> Outcome | None:
        """One message. Never raises for what the service does."""
        key = letter.content.get("provider")
        provider = self.opened.chosen(self.kind, key)
        if provider is None:
            return failed(letter, "no_provider", f"There is no provider “{key}” any more.")
        address = self.opened.addresses.get(provider.key)
        if address is None:
            told = f"The address of “{provider.name}” cannot be read: it was sealed with another key."
            return retry(letter, "sealed", told)
        pulse = self.pulses.setdefault(provider.key, Pulse())
        if time.monotonic() < pulse.rests_until:
            return retry(
                letter, "resting", f"{provider.name} does not answer, and is left alone for a while."
            )
        targets = letter.content["to"] if self.kind == "text" else None
        try:
            made = instance(address, provider.service, targets)
        except WhereuponError as error:
            return failed(letter, "bad_provider", f"“{provider.name}”: {error.message}")

        async def begin() -> bool:
            return await may_begin(letter.id)

        watch = Watch(provider.service, provider.host, self.egress, asyncio.get_running_loop(), begin)
        outcome = await self.hand_over(letter, provider, made, watch)
        if outcome is not None:
            (pulse.unheard if outcome.status == "uncertain" else pulse.heard)()
        return outcome

    async def hand_over(self, letter: Letter, provider: Provider, made: Any, watch: Watch) -> Outcome | None:
        """The service's code, in a thread, and what it came to."""

        def work() -> bool:
            watching.set(watch)
            return hand_over(made, letter.content.get("title", ""), letter.content["text"])

        try:
            taken = await asyncio.get_running_loop().run_in_executor(self.threads, work)
        except TakenByAnother:
            return None
        except Stopped as stopped:
            return stopped_outcome(letter, provider, stopped)
        except Exception as error:  # apprise's own code, in whatever way it fails
            return crashed(letter, provider, watch, error)
        return outcome_of(letter, provider, watch, taken)


def stopped_outcome(letter: Letter, provider: Provider, stopped: Stopped) -> Outcome:
    """A request came to nothing: before anything left, or in the middle."""
    error = stopped.error
    told = " ".join([f"{provider.name}: {error.message}", *([error.suggestion] if error.suggestion else [])])
    if error.code in NOT_REACHED:
        return retry(letter, "unreachable", told)
    if isinstance(error, NoAnswer) or error.code in ("packed", "answer_too_large"):
        return uncertain(letter, told)
    return failed(letter, error.code, told)


def crashed(letter: Letter, provider: Provider, watch: Watch, error: Exception) -> Outcome:
    """The service's code failed; without a request nothing can have left."""
    told = f"{provider.name}: its answer could not be understood ({type(error).__name__})."
    return uncertain(letter, told) if watch.begun else failed(letter, "bad_provider", told)


def outcome_of(letter: Letter, provider: Provider, watch: Watch, taken: bool) -> Outcome:
    """What the last answer means."""
    if not watch.answers:
        told = f"“{provider.name}” could not make a message of it. Look at its address in the settings."
        return failed(letter, "bad_provider", told)
    answer = watch.answers[-1]
    said = f"{provider.name} answered {answer.status}{excerpt(answer)}"
    if answer.status in BUSY:
        return after(retry(letter, "refused_for_now", said), answer)
    if answer.status >= 500:
        return uncertain(letter, f"{said}.")
    if answer.status >= 300:
        return failed(letter, "refused", said)
    refusal = refusal_of(provider, answer)
    if refusal:
        return failed(letter, "refused", f"{provider.name} did not take it: {plain(refusal)}")
    return sent(letter) if taken else failed(letter, "refused", f"{said}, but did not take it")


def refusal_of(provider: Provider, answer: Answer) -> str | None:
    """What a service says in an answer that looks like success."""
    if provider.service.refusal is None:
        return None
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        return provider.service.refusal(orjson.loads(answer.body))
    return None


def after(outcome: Outcome, answer: Answer) -> Outcome:
    """Not before the service says (Retry-After in seconds, RFC 9110)."""
    asked = answer.headers.get("retry-after", "")
    if outcome.status != "queued" or not re.fullmatch(r"\d{1,6}", asked):
        return outcome
    seconds = max(float(asked), outcome.retry_seconds or 0.0)
    return Outcome(outcome.id, outcome.status, outcome.error, None, min(seconds, MOST_WAIT))


def excerpt(answer: Answer) -> str:
    """A few words of what the service said, if it said any."""
    text = answer.body[:2_000].decode("utf-8", "replace")
    if "<html" in text.lower():
        return ""
    words = plain(text)
    return f": {words}" if words else ""


def plain(text: str) -> str:
    """One printable line; what looks like a key is left out."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return re.sub(r"[A-Za-z0-9_\-.:]{24,}", "…", line)[:300]
