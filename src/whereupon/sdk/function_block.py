"""Each function of the integrator as a block of its own: palette entry, form, checks, call, outputs."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Annotated, Any, ClassVar, get_args

import orjson
import structlog
from pydantic import Field, TypeAdapter, ValidationError, create_model

from whereupon.conditions.expressions import check_value, compile_value
from whereupon.conditions.values import Scope
from whereupon.errors import Problem, Unavailable, WhereuponError
from whereupon.outbox.calls import Call
from whereupon.sdk.block import Batch, Config
from whereupon.sdk.fields import ComputedValue, Shown
from whereupon.sdk.function_context import context_of, sync_context_of
from whereupon.sdk.functions import Declared, Failed, Parameter, TryAgain, as_outputs, bare, declared
from whereupon.sdk.outcomes import Fail
from whereupon.sdk.outside import Again, Ask, Got, OutsideBlock, Patience, Performed, World
from whereupon.sdk.scripts.words import storable

log = structlog.get_logger()
PREFIX = "fn_"
LONGEST_OUTPUT = 1_000_000  # characters


class FunctionBlock(OutsideBlock[Config]):
    """What all functions have in common; `block_of` makes a class of its own for each."""

    opaque = True  # it may write any record
    function: ClassVar[Declared]

    def check(self, config: Config, scope: Scope) -> list[Problem]:
        return [
            problem
            for one in self._computed()
            for problem in check_value(getattr(config, one.name), scope, one.kind, f"/{one.name}")
        ]

    def reads(self, config: Config, scope: Scope) -> frozenset[str]:
        found = (compile_value(getattr(config, one.name), scope, one.kind).reads for one in self._computed())
        return frozenset[str]().union(*found)

    async def prepare(self, config: Config, batch: Batch) -> Sequence[Ask | Fail]:
        sql = batch.place.once("given", lambda: self._given_sql(config, batch.place.scope))
        rows = await batch.rows({"given": sql})
        module = batch.place.module.key if batch.place.module else None
        chosen = {one.name: getattr(config, one.name) for one in self.function.parameters if one.kind is None}
        asks: list[Ask | Fail] = []
        for run in batch.runs:
            given = {**orjson.loads(rows[run.id]["given"]), **chosen}
            place = {"module": module, "record": run.record_id}
            asks.append(Ask({"given": given, "place": place}, self.key, given))
        return asks

    async def perform(self, call: Call, world: World) -> Performed:
        try:
            given = self._read(call.request["given"])
        except Failed as error:
            return Fail(error.message, error.code)
        try:
            returned = await self._call(given, call, world)
        except Failed as error:
            return Fail(_line(error.message), _line(error.code), error.suggestion and _line(error.suggestion))
        except TryAgain as error:
            return Again(_line(error.message), "try_again", error.after)
        except (WhereuponError, asyncio.CancelledError):
            raise
        except Exception as error:
            log.warning("function raised", function=self.key, call=call.id, exc_info=error)
            return Fail(_told(error), "function_failed", "The worker's log says where.")
        return self._kept(returned)

    async def _call(self, given: Mapping[str, Any], call: Call, world: World) -> Any:
        wanted = self.function
        if wanted.is_async:
            first = {wanted.context: context_of(call, world)} if wanted.context else {}
            return await wanted.call(**first, **given)
        loop = asyncio.get_running_loop()
        first = {wanted.context: sync_context_of(call, world, loop)} if wanted.context else {}
        return await in_a_thread(partial(wanted.call, **first, **given))

    def _kept(self, returned: Any) -> Got | Fail:
        try:
            outputs = as_outputs(self.function, returned)
            written = orjson.dumps(outputs)
        except ValidationError as error:
            return Fail(_wrong(error, f"{self.label} returned something else than it said"), "bad_output")
        except TypeError as error:
            return Fail(f"{self.label} returned what cannot be stored: {error}.", "bad_output")
        if b"\\u0000" in written:
            return Fail(f"{self.label} returned a NUL character, which cannot be stored.", "bad_output")
        if len(written) > LONGEST_OUTPUT:
            told = f"{self.label} returned more than {LONGEST_OUTPUT:,} characters."
            return Fail(told, "too_large", "Return only what later blocks need.")
        return Got(outputs)

    def _computed(self) -> Iterable[Parameter]:
        return (one for one in self.function.parameters if one.kind is not None)

    def _given_sql(self, config: Config, scope: Scope) -> str:
        """The values of all parameters as one JSON text."""
        pairs = ", ".join(
            f"'{one.name}', to_jsonb({compile_value(getattr(config, one.name), scope, one.kind).sql})"
            for one in self._computed()
        )
        return f"jsonb_build_object({pairs})::text"

    def _read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values as the function's own types; a missing one is left to its default. Raises Failed."""
        found: dict[str, Any] = {}
        for one in self.function.parameters:
            value = given.get(one.name)
            if value is None and not one.required:
                continue
            try:
                adapter: TypeAdapter[Any] = TypeAdapter(one.annotation)
                found[one.name] = adapter.validate_json(orjson.dumps(value))
            except ValidationError as error:
                raise Failed(_wrong(error, f'"{one.title}" of {self.label}'), "bad_input") from None
        return found


def block_of(found: Declared) -> FunctionBlock:
    """The block that calls a function."""
    made = type(
        f"Function_{found.name}",
        (FunctionBlock,),
        {
            "__doc__": found.description, "__module__": __name__, "key": PREFIX + found.name,
            "label": found.label, "group": found.group, "icon": found.icon,
            "description": found.description, "outputs": dict(found.outputs), "Config": _config(found),
            "seconds": found.seconds, "patience": Patience(found.attempts, 10.0, 1800.0), "function": found,
        },
    )  # fmt: skip
    return made()


def _config(found: Declared) -> type[Config]:
    fields: dict[str, Any] = {one.name: _field(one) for one in found.parameters}
    return create_model(f"{found.name}_config", __base__=Config, __doc__=found.description, **fields)


def _field(one: Parameter) -> tuple[Any, Any]:
    """A parameter as a field of the form: a choice, or a value that may be computed from the record."""
    description = one.info.description if one.info else None
    default: Any = ... if one.required else one.default
    if one.kind is None:
        choices = [choice for choice in get_args(bare(one.annotation)) if isinstance(choice, str)]
        labels = {choice: choice.replace("_", " ").capitalize() for choice in choices}
        return Annotated[one.annotation, Shown(labels=labels)], Field(
            default, title=one.title, description=description
        )
    plain = default is ... or default is None or isinstance(default, (str, int, float, bool))
    return ComputedValue, Field(default if plain else None, title=one.title, description=description)


def _told(error: Exception) -> str:
    """What a function's error says, in one line.

    >>> _told(ValueError("no such parcel")), _told(KeyError())
    ('ValueError: no such parcel', 'The function raised KeyError.')
    """
    said = _line(str(error))
    return f"{type(error).__name__}: {said}" if said else f"The function raised {type(error).__name__}."


def _line(text: str) -> str:
    """In one line, as it can be stored."""
    return storable(" ".join(text.split()))[:500]


def _wrong(error: ValidationError, what: str) -> str:
    faults = "; ".join(
        ": ".join(filter(None, (".".join(str(part) for part in one["loc"]), one["msg"])))
        for one in error.errors(include_url=False, include_input=False)[:3]
    )
    return f"{what}: {faults}."


async def in_a_thread(work: Any) -> Any:
    """Call it in a thread of its own, so that one that never comes back holds nobody up."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            result, error = context.run(work), None
        except BaseException as raised:
            result, error = None, raised
        try:
            loop.call_soon_threadsafe(_settle, answer, result, error)
        except RuntimeError:  # the loop is gone: nobody waits any more
            return

    threading.Thread(target=run, name="function", daemon=True).start()
    return await answer


def _settle(answer: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error if isinstance(error, Exception) else Unavailable(repr(error)))


def functions_of(entry: EntryPoint) -> list[Declared]:
    """What an entry point offers: one function, or all of a module that were declared.

    Raises TypeError naming the entry point when there is none.
    """
    loaded = entry.load()
    values = vars(loaded).values() if isinstance(loaded, ModuleType) else [loaded]
    found = [one for value in values if callable(value) and (one := declared(value)) is not None]
    if not found:
        told = f'The entry point "{entry.name}" leads to {entry.value}, which has no @whereupon.function.'
        raise TypeError(told)
    return list({one.name: one for one in found}.values())


def function_blocks(entries: Iterable[EntryPoint]) -> dict[str, FunctionBlock]:
    """A block for each function of these entry points. Raises TypeError for two of the same name."""
    made: dict[str, FunctionBlock] = {}
    for entry in entries:
        for found in functions_of(entry):
            block = block_of(found)
            if block.key in made:
                raise TypeError(f'Two packages offer a function "{found.name}"; rename one of them.')
            made[block.key] = block
    return made
