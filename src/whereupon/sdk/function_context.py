"""What an integrator's function is given beside its parameters: why it runs, and the records.

Records are read and written with the rights of the workflow's runs, as they are now (rule 28), and every
change knows the run that made it, so the guard against circles sees through it (rule 19). Each write is
committed by itself: a function may wait for somebody else, and must not hold locks meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from whereupon.modules.catalog import Catalog, load_catalog
from whereupon.outbox.calls import Call
from whereupon.people.rights import Rights
from whereupon.people.service_roles import rights_of_run
from whereupon.records import read, write
from whereupon.records.conditions_sent import where_sql
from whereupon.records.write import Writer
from whereupon.sdk.outside import World

T = TypeVar("T")
Values = dict[str, Any]


@dataclass(slots=True)
class Records:
    """Records as the API shows them: field → value, the record's key as "id"."""

    call: Call
    world: World
    known: tuple[Catalog, Rights] | None = field(default=None, repr=False)

    async def get(self, module: str, record_id: str | int) -> Values:
        """One record. Raises NotFound, Refused."""
        catalog, rights = await self._known()
        async with self.world.database.connection() as db:
            return shown(await read.read_record(db, catalog, module, str(record_id), rights))

    async def list(
        self,
        module: str,
        where: Mapping[str, Any] | None = None,
        *,
        sort: Sequence[str] = (),
        limit: int = 100,
    ) -> list[Values]:
        """Records that meet a condition, at most 1,000. Raises Invalid, Refused."""
        catalog, rights = await self._known()
        found = catalog.module(module)
        sql = where_sql(catalog, found, dict(where), rights) if where is not None else None
        async with self.world.database.connection() as db:
            page = await read.list_records(db, catalog, module, rights, where=sql, sort=sort, limit=limit)
        return [shown(record) for record in page.records]

    async def create(self, module: str, values: Mapping[str, Any]) -> Values:
        """A new record, with line items if there are any. Raises Invalid naming every field, Refused."""
        catalog, writer = await self._writer()
        async with self.world.database.transaction() as db:
            return shown(await write.create_record(db, catalog, module, dict(values), writer))

    async def update(self, module: str, record_id: str | int, values: Mapping[str, Any]) -> Values:
        """Change these fields of a record. Raises NotFound, Invalid, Refused."""
        catalog, writer = await self._writer()
        async with self.world.database.transaction() as db:
            return shown(await write.update_record(db, catalog, module, str(record_id), dict(values), writer))

    async def delete(self, module: str, record_id: str | int) -> None:
        """Raises NotFound, Refused, or Conflict when other records refer to it."""
        catalog, writer = await self._writer()
        async with self.world.database.transaction() as db:
            await write.delete_record(db, catalog, module, str(record_id), writer)

    async def _known(self) -> tuple[Catalog, Rights]:
        if self.known is None:
            async with self.world.database.connection() as db:
                catalog = await load_catalog(db)
                self.known = catalog, await rights_of_run(db, catalog, self.call.run_id)
        return self.known

    async def _writer(self) -> tuple[Catalog, Writer]:
        catalog, rights = await self._known()
        return catalog, Writer(rights, origin="workflow", run=self.call.run_id)


def shown(record: read.Record) -> Values:
    """A record as a function sees it."""
    return {"id": record.id, **{key: value for key, value in record.values.items() if key != "id"}}


@dataclass(frozen=True, slots=True)
class Context:
    """Why a function is called. `key` is the same at every attempt of one call, and of no other call:
    hand it on to whoever must not do the same thing twice. `module`, `record_id`: the run's record."""

    key: str
    attempt: int
    run_id: int
    module: str | None
    record_id: str | None
    records: Records
    world: World = field(repr=False)

    async def record(self) -> Values:
        """The run's record. Raises NotFound where it is gone, or there never was one."""
        return await self.records.get(self.module or "", self.record_id or "")

    async def secret(self, handle: str, host: str) -> str:
        """A stored secret, for that host alone."""
        return await self.world.secret(handle, host)


class SyncRecords:
    """The same for functions that are not async, which run in a thread: each call waits for its answer."""

    def __init__(self, records: Records, loop: asyncio.AbstractEventLoop) -> None:
        self._records, self._loop = records, loop

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def get(self, module: str, record_id: str | int) -> Values:
        """One record. Raises NotFound, Refused."""
        return self._wait(self._records.get(module, record_id))

    def list(
        self,
        module: str,
        where: Mapping[str, Any] | None = None,
        *,
        sort: Sequence[str] = (),
        limit: int = 100,
    ) -> list[Values]:
        """Records that meet a condition, at most 1,000. Raises Invalid, Refused."""
        return self._wait(self._records.list(module, where, sort=sort, limit=limit))

    def create(self, module: str, values: Mapping[str, Any]) -> Values:
        """A new record. Raises Invalid, Refused."""
        return self._wait(self._records.create(module, values))

    def update(self, module: str, record_id: str | int, values: Mapping[str, Any]) -> Values:
        """Change these fields. Raises NotFound, Invalid, Refused."""
        return self._wait(self._records.update(module, record_id, values))

    def delete(self, module: str, record_id: str | int) -> None:
        """Raises NotFound, Refused, Conflict."""
        self._wait(self._records.delete(module, record_id))


@dataclass(frozen=True, slots=True)
class SyncContext:
    """Context, for functions that are not async."""

    key: str
    attempt: int
    run_id: int
    module: str | None
    record_id: str | None
    records: SyncRecords
    wait: Any = field(repr=False)

    def record(self) -> Values:
        """The run's record."""
        return self.records.get(self.module or "", self.record_id or "")

    def secret(self, handle: str, host: str) -> str:
        """A stored secret, for that host alone."""
        return self.wait(handle, host)


def context_of(call: Call, world: World) -> Context:
    """For an async function."""
    place: Mapping[str, Any] = call.request["place"]
    return Context(
        call.key, call.attempts, call.run_id, place["module"], place["record"], Records(call, world), world
    )


def sync_context_of(call: Call, world: World, loop: asyncio.AbstractEventLoop) -> SyncContext:
    """For one that runs in a thread."""
    one = context_of(call, world)

    def wait(handle: str, host: str) -> str:
        return asyncio.run_coroutine_threadsafe(one.secret(handle, host), loop).result()

    return SyncContext(
        one.key, one.attempt, one.run_id, one.module, one.record_id, SyncRecords(one.records, loop), wait
    )
