"""D14: a script in JavaScript, run where it can reach nothing: values in, values out.

A script has no effect of its own. What it computes is written by the blocks after it, which say what they
write; so the check for circles (H1) sees through a workflow with scripts.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import asyncpg
from pydantic import Field, model_validator

from whereupon.conditions.expressions import check_value, compile_value
from whereupon.conditions.values import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    JSON,
    TEXT,
    TEXT_LIST,
    Compiled,
    Kind,
    Scope,
    ValueType,
    literal,
)
from whereupon.errors import Problem
from whereupon.outbox.calls import Call
from whereupon.sdk.block import Batch, Config, RunView
from whereupon.sdk.fields import ComputedValue, Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.outside import Ask, Got, OutsideBlock, Patience, Performed, World
from whereupon.sdk.scripts.outputs import WrongOutput, take
from whereupon.sdk.scripts.pool import Ran, Script, run_script, syntax_fault
from whereupon.sdk.scripts.words import fault_words

NAME = r"^[a-z][a-z0-9_]{0,60}$"
LONGEST_CODE, LONGEST_INPUT = 50_000, 1_000_000  # characters
CONSOLE = "console"  # the output that holds what the script wrote there
TYPES: Mapping[str, ValueType] = {
    "text": TEXT, "whole_number": INTEGER, "number": DECIMAL, "yes_no": BOOLEAN, "date": DATE,
    "datetime": DATETIME, "texts": TEXT_LIST, "data": JSON,
}  # fmt: skip
TYPE_LABELS = {
    "text": "Text", "whole_number": "Whole number", "number": "Number", "yes_no": "Yes or no", "date": "Date",
    "datetime": "Date and time", "texts": "List of texts", "data": "Structured data",
}  # fmt: skip
OutputType = Literal["text", "whole_number", "number", "yes_no", "date", "datetime", "texts", "data"]


class ScriptInput(Config):
    """One value that goes in."""

    name: Annotated[str, Shown("key")] = Field(pattern=NAME, title="Name")
    value: ComputedValue = Field(None, title="Its value")


class ScriptOutput(Config):
    """One value that comes out."""

    name: Annotated[str, Shown("key")] = Field(pattern=NAME, title="Name")
    type: Annotated[OutputType, Shown(labels=TYPE_LABELS)] = Field("text", title="Is a")


class ScriptConfig(Config):
    """The script, what goes in and what comes out."""

    inputs: list[ScriptInput] = Field(
        default_factory=list[ScriptInput],
        max_length=50,
        title="What goes in",
        description="Values of the record, or computed from it; the script reads input.amount, say.",
    )
    code: Annotated[str, Shown("script")] = Field(
        min_length=1,
        max_length=LONGEST_CODE,
        title="Script",
        description="JavaScript. It reads input, and returns an object with what comes out. "
        "It reaches no network, no files and no records.",
    )
    outputs: list[ScriptOutput] = Field(
        min_length=1,
        max_length=50,
        title="What comes out",
        description="What the script returns, by name: return { total: 5 }; Later blocks may use it.",
    )
    seconds: Annotated[float, Shown(advanced=True)] = Field(
        2.0, ge=0.1, le=10, title="At most, in seconds", description="Then it is stopped, and fails."
    )

    @model_validator(mode="after")
    def each_name_once(self) -> ScriptConfig:
        for names, what in ((self.inputs, "goes in"), (self.outputs, "comes out")):
            if len({one.name for one in names}) < len(names):
                raise ValueError(f"two values that {what} have the same name")
        if any(one.name == CONSOLE for one in self.outputs):
            raise ValueError(f'"{CONSOLE}" is the name of what the script writes with console.log')
        return self

    @property
    def types(self) -> dict[str, ValueType]:
        """What comes out, typed."""
        return {one.name: TYPES[one.type] for one in self.outputs}


EXAMPLE: Mapping[str, Any] = {
    "inputs": [{"name": "name", "value": {"field": "name"}}, {"name": "amount", "value": 12.5}],
    "code": 'const words = input.name.split(" ");\n'
    "return { words: words.length, label: `${words[0]}: ${input.amount.toFixed(2)}` };",
    "outputs": [{"name": "words", "type": "whole_number"}, {"name": "label", "type": "text"}],
}


class ScriptBlock(OutsideBlock[ScriptConfig]):
    """Runs it in a process of its own, which is ended when the script does not end by itself.

    The same every time: its clock shows the moment of the run's step, and Math.random draws by the run, so
    a script that is run again after a crash gives what it gave before.
    """

    key = "script"
    label = "Script"
    group = "Logic"
    icon = "code"
    description = "Computes values with a script in JavaScript that reaches nothing but its input."
    Config = ScriptConfig
    patience = Patience(5, 2.0, 60.0)
    seconds: ClassVar[float] = 600.0  # of waiting for its turn, too; its own limit is in the configuration
    examples = (EXAMPLE,)

    def outputs_of(self, config: ScriptConfig) -> Mapping[str, ValueType]:
        return config.types

    def check(self, config: ScriptConfig, scope: Scope) -> list[Problem]:
        found = [
            problem
            for index, one in enumerate(config.inputs)
            for problem in check_value(one.value, scope, path=f"/inputs/{index}/value")
        ]
        fault = syntax_fault(config.code)
        if fault is not None:
            message, _ = fault_words(fault, 0)
            found.append(Problem("bad_script", message, "/code", "It is not JavaScript that can be run."))
        return found

    def describe(self, config: ScriptConfig, scope: Scope) -> str:
        names = [one.name for one in config.outputs]
        listed = ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
        return f"Compute {listed} with a script"

    def reads(self, config: ScriptConfig, scope: Scope) -> frozenset[str]:
        return frozenset[str]().union(*(compile_value(one.value, scope).reads for one in config.inputs))

    async def prepare(self, config: ScriptConfig, batch: Batch) -> Sequence[Ask | Fail]:
        columns = batch.place.once("columns", lambda: _columns(config, batch.place.scope))
        rows = await batch.rows(columns)
        return [_ask(config, rows[run.id]) for run in batch.runs]

    async def perform(self, call: Call, world: World) -> Performed:
        return _performed(await run_script(_script(call.request, call.key)), call.request)

    async def finish(
        self, config: ScriptConfig, batch: Batch, got: Sequence[Mapping[str, Any]]
    ) -> list[Outcome]:
        return [Done("next", _output(result)) for result in got]

    async def rehearse(self, config: ScriptConfig, batch: Batch) -> list[Outcome]:
        """It is really run, also in a test: it touches nothing."""
        asked = await self.prepare(config, batch)
        return list(
            await asyncio.gather(
                *(_rehearsed(batch.place.node, run, ask) for run, ask in zip(batch.runs, asked, strict=True))
            )
        )


async def _rehearsed(node: str, run: RunView, ask: Ask | Fail) -> Outcome:
    if isinstance(ask, Fail):
        return ask
    performed = _performed(
        await run_script(_script(ask.request, f"{run.id}-{node}-{run.iteration}")), ask.request
    )
    if isinstance(performed, Got):
        return Done("next", _output(performed.result), ask.shown or {})
    assert isinstance(performed, Fail)
    return performed


def _output(result: Mapping[str, Any]) -> dict[str, Any]:
    log = result.get(CONSOLE)
    return {**result["values"], **({CONSOLE: log} if log else {})}


def _columns(config: ScriptConfig, scope: Scope) -> dict[str, str]:
    """`given`: the inputs as one JSON object; `moment`: what the script's clock shows."""
    pairs = ", ".join(
        f"{literal(one.name)}, {_json_sql(compile_value(one.value, scope))}" for one in config.inputs
    )
    moment = "(extract(epoch FROM now()) * 1000)::bigint"
    return {"given": f"jsonb_build_object({pairs})::text", "moment": moment}


def _json_sql(value: Compiled) -> str:
    """As JavaScript understands it: moments in UTC, whole numbers beyond its own as texts."""
    match value.type.kind:
        case Kind.DATETIME:
            utc = f"({value.sql})::timestamptz AT TIME ZONE 'UTC'"
            return f"""to_char({utc}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
        case Kind.INTEGER:
            return (
                f"(SELECT CASE WHEN abs(v.v) > 9007199254740991 THEN to_jsonb(v.v::text) ELSE to_jsonb(v.v) "
                f"END FROM (SELECT ({value.sql})::numeric AS v) v)"
            )
        case _:
            return f"to_jsonb(({value.sql})::{value.type.sql})"


def _ask(config: ScriptConfig, row: asyncpg.Record) -> Ask | Fail:
    if len(row["given"]) > LONGEST_INPUT:
        told = f"What goes into the script has more than {LONGEST_INPUT:,} characters."
        return Fail(told, "too_large", "Give it only what it needs.")
    given = json.loads(row["given"])
    request = {
        "code": config.code, "given": given, "moment": row["moment"], "seconds": config.seconds,
        "outputs": {one.name: one.type for one in config.outputs},
    }  # fmt: skip
    return Ask(request, "scripts", given)


def _script(request: Mapping[str, Any], key: str) -> Script:
    return Script(request["code"], request["given"], request["moment"], key, request["seconds"])


def _performed(ran: Ran, request: Mapping[str, Any]) -> Got | Fail:
    """Its values, each of the type that was declared; or what went wrong, with what it had said by then."""
    types = {name: TYPES[kind] for name, kind in request["outputs"].items()}
    if ran.fault is not None:
        message, suggestion = fault_words(ran.fault, request["seconds"])
        return Fail(message, f"script_{ran.fault['kind']}", _with_log(suggestion, ran.log))
    try:
        return Got({"values": take(ran.result, types), CONSOLE: ran.log})
    except WrongOutput as error:
        return Fail(str(error), "script_output", _with_log(error.suggestion, ran.log))


def _with_log(suggestion: str | None, log: str) -> str | None:
    last = " · ".join(log.splitlines()[-5:])[:500]
    told = f"Its console says: {last}" if last else None
    return " ".join(filter(None, (suggestion, told))) or None
