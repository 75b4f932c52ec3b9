"""Blocks whose work is done outside the database: prepared in the run's step, performed after it (rule 11).

The author of such a block writes three things: `prepare`, what is to be asked, in the transaction;
`perform`, which asks it, outside any transaction and at least once; `finish`, which writes what came of it
into the record, in a transaction again. Between them the run waits, and costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, TypeVar

from whereupon.conditions.values import Kind
from whereupon.db.pool import Database
from whereupon.errors import Conflict
from whereupon.outbox.calls import Call, NewCall, queue, results
from whereupon.outbox.egress import Egress
from whereupon.outbox.networks import Policy, load_policy
from whereupon.outbox.rehearsing import refuse_in_rehearsal
from whereupon.outbox.secrets import Key, load_key, open_secret
from whereupon.records.files import FileStore
from whereupon.sdk.block import Batch, Block, C
from whereupon.sdk.outcomes import Done, Fail, Outcome, Wait
from whereupon.settings import Settings

T = TypeVar("T")
SECRET_SECONDS = 5.0  # an opened secret is remembered: one that was replaced is used so much longer


@dataclass(frozen=True, slots=True)
class Ask:
    """What one run asks. `request` is all that `perform` gets; no secrets in it, only their handles.

    `destination`: what may be slow for many calls at once, as "host:port"; empty for our own machine.
    `shown`: what the history shows of it; None: the request itself.
    """

    request: Mapping[str, Any]
    destination: str = ""
    shown: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Got:
    """It was done; `result` is what `finish` gets."""

    result: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Again:
    """Not now: try later. `after`: seconds, as a Retry-After says them; None: by the block's patience."""

    message: str
    code: str = "try_again"
    after: float | None = None


Performed = Got | Again | Fail


class Patience(NamedTuple):
    """How often a call is made, and the pauses between: from the first one doubled up to the longest (s)."""

    attempts: int
    first: float = 5.0
    longest: float = 6 * 3600.0


ONCE = Patience(1)
AN_HOUR = Patience(8, 10.0, 1800.0)
THREE_DAYS = Patience(22)  # rule 24


@dataclass(frozen=True, slots=True)
class World:
    """What `perform` may use. There is none during a test (rule 27)."""

    settings: Settings
    database: Database
    files: FileStore
    kept: dict[Any, Any] = field(default_factory=dict[Any, Any])  # as long as the process lives

    def __post_init__(self) -> None:
        refuse_in_rehearsal()

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once for this process."""
        if name not in self.kept:
            self.kept[name] = make()
        return self.kept[name]

    @property
    def egress(self) -> Egress:
        """The one way out for HTTP."""
        return self.once("egress", lambda: Egress(self._policy))

    async def _policy(self) -> Policy:
        async with self.database.connection() as db:
            return await load_policy(db, self.settings)

    async def secret(self, handle: str, host: str) -> str:
        """The secret behind a handle, for that host alone. Raises WhereuponError."""
        known: tuple[str, float] | None = self.kept.get(("secret", handle, host))
        if known is not None and time.monotonic() < known[1]:
            return known[0]
        async with self.database.connection() as db:
            try:
                opened = await open_secret(db, self.key, handle, host=host)
            except Conflict:  # the key was changed a moment ago, perhaps
                self.kept.pop("key", None)
                opened = await open_secret(db, self.key, handle, host=host)
        self.kept["secret", handle, host] = opened, time.monotonic() + SECRET_SECONDS
        return opened

    @property
    def key(self) -> Key:
        """The key of this installation, which may be changed while this process lives."""
        known: tuple[Key, float] | None = self.kept.get("key")
        if known is None or time.monotonic() > known[1]:
            known = load_key(self.settings), time.monotonic() + SECRET_SECONDS
            self.kept["key"] = known
        return known[0]

    async def close(self) -> None:
        """Close the connections that are open."""
        if "egress" in self.kept:
            await self.egress.aclose()


class OutsideBlock(Block[C]):
    """Subclass, fill in the class variables of Block, write `prepare`, `perform` and, to write, `finish`."""

    leaves = True
    patience: ClassVar[Patience] = ONCE
    seconds: ClassVar[float] = 60.0  # after which one attempt is given up, as if it had said Again

    def patience_for(self, call: Call) -> Patience:
        """How often this call is made; by default as often as any of the block."""
        return self.patience

    async def prepare(self, config: C, batch: Batch) -> Sequence[Ask | Done | Fail]:
        """For each run of the batch, in its order, what is asked; Done where there is nothing to ask."""
        raise TypeError(f'Block "{self.key}" does not say what it asks.')

    async def perform(self, call: Call, world: World) -> Performed:
        """Ask it. May be repeated after a crash, with the same `call.key`. What it raises counts as Fail."""
        raise TypeError(f'Block "{self.key}" does not say what it does.')

    async def finish(self, config: C, batch: Batch, got: Sequence[Mapping[str, Any]]) -> list[Outcome]:
        """What follows for each run, in the order of the batch: by default the result is the output."""
        return [Done("next", dict(result)) for result in got]

    async def rehearse(self, config: C, batch: Batch) -> list[Outcome]:
        """The same in a test, where nothing is asked: by default every output is a sample."""
        sample = {name: SAMPLES.get(kind.kind) for name, kind in self.outputs_of(config).items()}
        return [Done("next", sample) for _ in batch.runs]

    async def run_batch(self, config: C, batch: Batch) -> list[Outcome]:
        """Queue what is asked; the runs wait."""
        asked = await self.prepare(config, batch)
        place = batch.place
        new = [
            NewCall(
                run.id, run.workflow_id, place.node, run.iteration, self.key, ask.request, ask.destination
            )
            for run, ask in zip(batch.runs, asked, strict=True)
            if isinstance(ask, Ask)
        ]
        if new:
            await queue(batch.db, new)
        return [Wait(input=_shown(ask)) if isinstance(ask, Ask) else ask for ask in asked]

    async def wake_batch(self, config: C, batch: Batch) -> list[Outcome]:
        """What came of the calls; those that are not over go on waiting."""
        found = await results(batch.db, batch.place.node, [(run.id, run.iteration) for run in batch.runs])
        outcomes = {run.id: _unhappy(found.get(run.id)) for run in batch.runs}
        happy = [run for run in batch.runs if outcomes[run.id] is None]
        if happy:
            some = Batch(batch.db, batch.place, happy, batch.rights)
            finished = await self.finish(config, some, [found[run.id]["result"] or {} for run in happy])
            outcomes |= {run.id: outcome for run, outcome in zip(happy, finished, strict=True)}
        return [outcome for run in batch.runs if (outcome := outcomes[run.id]) is not None]

    async def skip_batch(self, config: C, batch: Batch) -> list[Outcome]:
        return await self.rehearse(config, batch)


SAMPLES: Mapping[Kind, Any] = {Kind.TEXT: "", Kind.INTEGER: 0, Kind.BOOLEAN: False}


def _shown(ask: Ask) -> Mapping[str, Any]:
    return ask.request if ask.shown is None else ask.shown


def _unhappy(found: Mapping[str, Any] | None) -> Outcome | None:
    """What follows where there is no result; None where there is one."""
    if found is None or found["status"] == "discarded":
        return Fail("The call was given up before it was made.", "discarded")
    if found["status"] in ("queued", "calling"):
        return Wait()
    if found["status"] == "failed":
        error: Mapping[str, Any] = found["error"] or {}
        told = error.get("message", "It did not work.")
        return Fail(told, error.get("code", "failed"), error.get("suggestion"))
    return None
