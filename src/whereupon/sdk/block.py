"""What the author of a block writes: one class, in one file, that says and does everything about it.

The class is the palette entry, the editor's form, the validation, the docs page and the execution.
A block works on many runs at once: all that stand at the same node of the same version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NamedTuple, TypeVar

import asyncpg
from pydantic import BaseModel, ConfigDict

from whereupon.conditions.values import Scope, ValueType
from whereupon.errors import Problem
from whereupon.modules.catalog import Catalog, Module
from whereupon.people.rights import Rights
from whereupon.sdk.outcomes import Done, Outcome

if TYPE_CHECKING:
    from whereupon.sdk.stretch import InSql


class Config(BaseModel):
    """The base of every block's and trigger's configuration: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


C = TypeVar("C", bound=Config)
T = TypeVar("T")
Files = Literal[
    "new", "changed"
]  # a document or its new version is there; or only its name, type or folder is another


class RunView(NamedTuple):
    """What a block sees of a run. `memo` is what its last Wait left; None on the first visit."""

    id: int
    workflow_id: int
    record_id: str | None
    change_id: int | None
    data: Mapping[str, Any]
    iteration: int
    memo: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block stands: one node of one version, as the batch and the checks need it."""

    workflow_id: int
    version_id: int
    node: str
    catalog: Catalog
    module: Module | None
    scope: Scope
    source: str  # SQL after FROM: binds $1::bigint[] (run ids) to r (run), n (record), c (change)
    awaited: bool  # a later block, or an exit, needs the outcome of what leaves the database
    exits: Mapping[str, str] = field(default_factory=dict[str, str])  # exit → the node that it leads to
    memory: dict[str, Any] = field(default_factory=dict[str, Any])

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, computed once for this place: compiled SQL, parsed templates."""
        if name not in self.memory:
            self.memory[name] = make()
        return self.memory[name]


@dataclass(frozen=True, slots=True)
class Batch:
    """Runs that stand at one place, in one open transaction. At most one run per record."""

    db: asyncpg.Connection[Any]
    place: Place
    runs: Sequence[RunView]
    rights: Rights

    @property
    def ids(self) -> list[int]:
        return [run.id for run in self.runs]

    async def rows(self, columns: Mapping[str, str]) -> dict[int, asyncpg.Record]:
        """For each run, the values of the SQL expressions, by run id, in one statement."""
        wanted = "".join(f', {sql} AS "{name}"' for name, sql in columns.items())
        rows = await self.db.fetch(f"SELECT r.id AS run_id{wanted} FROM {self.place.source}", self.ids)
        return {row["run_id"]: row for row in rows}


class Block(Generic[C]):
    """Subclass, fill in the class variables, write `run_batch`. The instance has no state.

    `examples` are configurations that are valid on the sample module of the test suite: each is
    run by one parametrised test and printed by the docs.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    group: ClassVar[str]  # the palette's heading: Logic, Records, Messages, People, Time
    icon: ClassVar[str]
    description: ClassVar[str]
    Config: ClassVar[type[Config]]
    outputs: ClassVar[Mapping[str, ValueType]] = {}
    leaves: ClassVar[bool] = False  # its work is done outside the database, after the commit
    opaque: ClassVar[bool] = False  # nobody can tell beforehand what it writes: a script
    waits: ClassVar[bool] = False  # a cycle through it is no busy loop
    deletes: ClassVar[bool] = False  # it deletes records, perhaps those that other runs stand on
    goes_on_by: ClassVar[str | None] = None  # the exit after a failure that ends nothing; None: the first
    each_port: ClassVar[str | None] = None  # the exit whose way is taken once for every item, on the item
    internal: ClassVar[bool] = False  # made by something else that people draw: no palette offers it
    about_documents: ClassVar[bool] = False  # its texts may name a document that it looks for itself
    does_to_documents: ClassVar[Files | None] = None  # of the record, for the termination check
    port_labels: ClassVar[Mapping[str, str]] = {}  # of exits whose key does not say enough
    examples: ClassVar[Sequence[Mapping[str, Any]]] = ()

    def ports(self, config: C) -> tuple[str, ...]:
        """The exits, in drawing order."""
        return ("next",)

    def outputs_of(self, config: C) -> Mapping[str, ValueType]:
        """What it gives later blocks with this configuration; by default the same for every one."""
        return self.outputs

    def item_module(self, config: C, scope: Scope) -> Module | None:
        """With `each_port`: of which module the items are. Raises Invalid."""
        return None

    def item_outputs(self, config: C) -> Mapping[str, ValueType]:
        """With `each_port`: what the blocks on that way may use of it."""
        return {}

    def most_items(self, config: C) -> int:
        """With `each_port`: so many at most."""
        return 1_000

    def starts(self, config: C) -> frozenset[str]:
        """The keys of the workflows that it starts (for the termination check)."""
        return frozenset()

    def check(self, config: C, scope: Scope) -> list[Problem]:
        """What is wrong with the configuration, paths relative to it. Called at save and publish."""
        return []

    def describe(self, config: C, scope: Scope) -> str:
        """What it does with this configuration, in a few words: "Wait 3 days". Only ever shown."""
        return self.label

    def reads(self, config: C, scope: Scope) -> frozenset[str]:
        """The "module.field" names that it reads (for removing fields and the termination check)."""
        return frozenset()

    def writes(self, config: C, scope: Scope) -> frozenset[str]:
        """The "module.field" names that it writes; a bare "module" beside them where it creates records."""
        return frozenset()

    def removes(self, config: C, scope: Scope) -> frozenset[str]:
        """The keys of the modules whose records it deletes."""
        return frozenset()

    def adds_to(self, config: C, scope: Scope) -> frozenset[str]:
        """The keys of the modules whose records get something beside their fields: a note, a document."""
        return frozenset()

    def constants(self, config: C, scope: Scope) -> Mapping[str, Any]:
        """Of what it writes, "module.field" → value where that is always the same (termination check)."""
        return {}

    async def run_batch(self, config: C, batch: Batch) -> list[Outcome]:
        """One outcome per run of the batch, in its order. Raises only for what it does not expect."""
        raise TypeError(f'Block "{self.key}" does not say what it does.')

    def in_sql(self, config: C, batch: Batch) -> InSql | None:
        """The same as SQL, for very many runs at once; None: it has no such form. `batch` has no runs.

        Raises what `run_batch` raises for the node as a whole: a right that is missing, say.
        """
        return None

    async def wake_batch(self, config: C, batch: Batch) -> list[Outcome]:
        """The same for runs whose Wait has ended. By default the wait was all that there was."""
        return [Done() for _ in batch.runs]

    async def skip_batch(self, config: C, batch: Batch) -> list[Outcome]:
        """The same in a test, where nobody waits: what follows if that which is waited for comes."""
        return [Done() for _ in batch.runs]
