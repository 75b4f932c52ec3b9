"""After a block: write the row of history, and say where the run goes next, waits, or ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from whereupon.runs.travellers import MAX_EXECUTIONS, StepRun, Traveller
from whereupon.sdk.outcomes import Done, Fail, Outcome, Start, Wait
from whereupon.workflows.plan import ERROR_PORT, Step

LOCKED_PAUSE = timedelta(seconds=5)
LOCKED = Wait(memo={"locked": True})  # another program holds the record: try again after the pause


@dataclass(frozen=True, slots=True)
class Settling:
    """What the runs of one place have in common: the step, and the time of the advance."""

    step: Step
    now: datetime


def settle(at: Settling, traveller: Traveller, outcome: Outcome) -> str | None:
    """The node that the run goes to now; None when it waits, is held or has ended."""
    match outcome:
        case Done():
            return _go_on(at, traveller, outcome)
        case Wait() if outcome is LOCKED:
            waiting = traveller.waiting or {"since": at.now.isoformat(), "retry": True}
            traveller.wait(at.now + LOCKED_PAUSE, traveller.wakes_on_change, waiting)
        case Wait():
            traveller.wait(outcome.until, outcome.on_change, _waiting(at, traveller, outcome))
        case Fail():
            return _fail(at, traveller, outcome)
        case Start():
            raise TypeError("The workflow was not started.")  # the advance does that before
    return None


def _waiting(at: Settling, traveller: Traveller, outcome: Wait) -> dict[str, Any]:
    """What a later advance has to know: since when, what the block noted, what it was given."""
    before = traveller.waiting if traveller.waking and traveller.waiting else {}
    return {
        "since": before.get("since", at.now.isoformat()),
        "memo": dict(outcome.memo),
        "input": before.get("input", dict(outcome.input)),
    }


def _go_on(at: Settling, traveller: Traveller, outcome: Done) -> str | None:
    _remember(at, traveller, "partial" if outcome.flaw else "succeeded", done=outcome)
    if outcome.flaw is not None:
        traveller.error = {**outcome.flaw.as_json(), "node": at.step.node.key}
    if at.step.kept:
        too_much = traveller.carry(at.step.node.key, dict(outcome.output))
        if too_much:
            return _stop(at, traveller, "too_much_data", too_much)
    return _leave_by(at, traveller, outcome.port)


def _leave_by(at: Settling, traveller: Traveller, port: str) -> str | None:
    """Through an exit to the next node, or to the end when the exit leads nowhere."""
    traveller.waiting, traveller.wakes_on_change, traveller.attempts = None, False, 0
    target = at.step.exits.get(port)
    if traveller.executions >= MAX_EXECUTIONS:
        return _stop(
            at, traveller, "too_many_blocks", f"The run executed {MAX_EXECUTIONS:,} blocks and was stopped."
        )
    if target is None:
        _end(at, traveller)
    else:
        traveller.status = "running"
    return target


def _end(at: Settling, traveller: Traveller) -> None:
    """It came to its end: "partial" when something went wrong, and "failed" when nothing went well."""
    error = traveller.error
    if error is None:
        return traveller.end("succeeded", at.now)
    count = error.get("failed_blocks", 0)
    if count < traveller.executions:
        return traveller.end("partial", at.now)
    if count > 1:
        told = f"All {count} blocks failed. The last one: {error['message']}"
        error = {**error, "code": "all_failed", "message": told, "node": error["first_node"]}
    traveller.node = error["node"]
    return traveller.end("failed", at.now, error)


def _stop(at: Settling, traveller: Traveller, code: str, message: str) -> None:
    traveller.end("failed", at.now, {"code": code, "message": message, "node": at.step.node.key})


def _fail(at: Settling, traveller: Traveller, outcome: Fail) -> str | None:
    """As the node's policy says: stop, continue, try again, or leave by the error exit (D22)."""
    error = {**outcome.as_json(), "node": at.step.node.key}
    policy = at.step.node.on_error
    if policy.policy == "retry" and traveller.attempts < policy.retries:
        _remember(at, traveller, "retried", failure=outcome)
        pause = timedelta(seconds=policy.backoff_seconds * 2**traveller.attempts)
        traveller.attempts += 1
        traveller.wait(at.now + pause, False, {"since": at.now.isoformat(), "retry": True})
        return None
    goes_on = policy.policy in ("continue", "exit")
    _remember(at, traveller, "continued" if goes_on else "failed", failure=outcome)
    if not goes_on:
        traveller.end("failed", at.now, error)
        return None
    if policy.policy == "continue":
        before = traveller.error or {}
        first = before.get("first_node", error["node"])
        traveller.error = {**error, "failed_blocks": before.get("failed_blocks", 0) + 1, "first_node": first}
    if at.step.kept:
        traveller.carry(at.step.node.key, {"error": outcome.as_json()})
    first = at.step.block.goes_on_by or next(iter(at.step.ports()), "end")
    port = ERROR_PORT if policy.policy == "exit" else first
    return _leave_by(at, traveller, port)


def _remember(
    at: Settling, traveller: Traveller, status: str, *, done: Done | None = None, failure: Fail | None = None
) -> None:
    """One row of history: what went in, what came out, when, and what was wrong."""
    traveller.executions += 1
    waited = traveller.waiting if traveller.waking else None
    given: Mapping[str, Any] = done.input if done else failure.input if failure else {}
    since = datetime.fromisoformat(waited["since"]) if waited else at.now
    wrong = failure or (done.flaw if done else None)
    traveller.steps.append(
        StepRun(
            seq=traveller.executions,
            node=at.step.node.key,
            block=at.step.block.key,
            status=status,
            port=done.port if done else None,
            input=given or (waited or {}).get("input") or {},
            output=done.output if done else None,
            error=wrong.as_json() if wrong else None,
            records=done.records if done else 0,
            started_at=since,
            ended_at=at.now,
        )
    )
