"""What a block may answer for a run: it is done, it waits, or it failed.

Values, not to be changed once given; not frozen, because there is one for every block of every run
and a frozen dataclass takes three times as long to make.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Done:
    """The block did its work; the run goes on through `port`.

    `input` and `output` are shown in the history; `output` is also there for later blocks.
    `records` counts the records that the block touched. `flaw`: what did not work although the block is
    done; a run with one ends as partial.
    """

    port: str = "next"
    output: Mapping[str, Any] = field(default_factory=dict[str, Any])
    input: Mapping[str, Any] = field(default_factory=dict[str, Any])
    records: int = 1
    flaw: Fail | None = None


@dataclass(slots=True)
class Wait:
    """The run stays at this block and the block is asked again (`wake_batch`) later.

    `until`: at that time (None: only when something wakes the run: an outcome, a signal).
    `on_change`: also whenever the record changes. `memo`: handed back to the block at every waking.
    """

    until: datetime | None = None
    on_change: bool = False
    memo: Mapping[str, Any] = field(default_factory=dict[str, Any])
    input: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class Fail:
    """The block could not do its work for this run; the node's error policy decides what follows."""

    message: str
    code: str = "failed"
    suggestion: str | None = None
    input: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def as_json(self) -> dict[str, Any]:
        found = {"code": self.code, "message": self.message}
        return found | ({"suggestion": self.suggestion} if self.suggestion else {})


@dataclass(slots=True)
class Start:
    """Another workflow is to run on a record (or on none), with these values. With `awaited` the run waits
    for it, and the block is asked again (`wake_batch`) when it is over; else it goes on through "next".
    """

    workflow: str
    module_id: int | None = None
    record_id: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    awaited: bool = True


@dataclass(slots=True)
class StartTask(Start):
    """A saved data task is to go over its records as a bulk run; `workflow` is the task's key. The run waits
    for it, and the block is asked again (`wake_batch`) with {"bulk": id} as its memo.
    """


Outcome = Done | Wait | Fail | Start
