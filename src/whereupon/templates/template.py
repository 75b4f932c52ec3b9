"""Texts with {{ names }} in them: checked when they are saved, rendered from a few values later.

`parse` finds every name; `Template.context_sql` is the SQL that gathers exactly those values, so
that thousands of messages are queued by one statement; `render` writes the text from the values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from liquid import BoundTemplate, RenderContext
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import LiquidError

from whereupon.conditions.values import Scope
from whereupon.errors import Invalid, Problem, WhereuponError
from whereupon.templates.gathering import gather
from whereupon.templates.limits import HTML, MAX_SOURCE, PLAIN, BoundedRange
from whereupon.templates.names import EACH, Group, merge, roots
from whereupon.templates.reader import Reader, expressions, position
from whereupon.templates.values import Convert, converter

Stored = Mapping[str, Any]  # {"liquid": text, "html": bool, "zone": IANA name, "kinds": {…}}


class RenderingFailed(WhereuponError):
    """A template could not be written for these values: a limit, a division by zero."""

    status, exit_code, code, title = 422, 2, "template_failed", "The text could not be written"


@dataclass(frozen=True, slots=True)
class Template:
    """A checked text. `stored` is all that rendering needs besides the values, as JSON."""

    source: str
    html: bool
    names: Group
    stored: Stored
    reads: frozenset[str]  # "module.field"

    def context_sql(self, scope: Scope) -> str:
        """An SQL expression: one jsonb of exactly the values that the text names."""
        return context_sql([self], scope)


def parse(source: str, scope: Scope, *, html: bool = False) -> Template:
    """Check a text in this scope. `html`: its values are escaped. Raises Invalid naming every problem."""
    template, problems = _read(source, scope, html)
    if template is None:
        raise Invalid.of(*problems, what="The text has mistakes.")
    return template


def check(source: str, scope: Scope, *, html: bool = False, path: str = "") -> list[Problem]:
    """What is wrong with a text, each with line and column; `path` is the JSON pointer to it."""
    return [problem.under(path) for problem in _read(source, scope, html)[1]]


def context_sql(templates: Iterable[Template], scope: Scope) -> str:
    """One jsonb with the values that any of these texts names: subject and body share one context."""
    together = roots(scope)
    for template in templates:
        merge(together, template.names)
    return gather(together, scope).sql


def render(source: Stored, context: Mapping[str, Any]) -> str:
    """The text for these values: the same for the same input, and nothing is read from anywhere else.

    Raises RenderingFailed when a limit is passed or a filter cannot work with a value.
    """
    text = source["liquid"]
    if "{" not in text:
        return text
    try:
        return load(text, bool(source["html"])).render(typed(plan_of(source), context))
    except LiquidError as error:
        where = position(text, error.token.start_index) + ": " if error.token else ""
        raise RenderingFailed(f"{where}{plain_message(error)}") from error
    except (RecursionError, ValueError, ArithmeticError, TypeError, AttributeError) as error:
        raise RenderingFailed(f"The text could not be written: {error}") from error


@lru_cache(maxsize=512)
def load(source: str, html: bool) -> BoundTemplate:
    """Parsed, with its ranges bounded. Raises LiquidError."""
    template = (HTML if html else PLAIN).from_string(source)
    for expression in expressions(template.nodes, RenderContext(template)):
        if type(expression) is RangeLiteral:
            # python-liquid builds its own class whatever the environment says; the layout is the same.
            expression.__class__ = BoundedRange
    return template


def _read(source: str, scope: Scope, html: bool) -> tuple[Template | None, list[Problem]]:
    if problem := _unfit(source):
        return None, [problem]
    try:
        parsed = load(source, html)
    except (LiquidError, RecursionError) as error:
        return None, [_syntax(source, error)]
    reader = Reader(parsed, source, roots(scope))
    reader.read()
    if reader.problems:
        return None, reader.problems
    try:
        found = gather(reader.roots, scope)
    except Invalid as error:
        return None, list(error.problems)
    stored = {"liquid": source, "html": html, "zone": scope.time_zone, "kinds": found.kinds}
    return Template(source, html, reader.roots, stored, found.reads), []


def _unfit(source: str) -> Problem | None:
    if len(source) > MAX_SOURCE:
        return Problem("too_large", f"A text may have {MAX_SOURCE:,} characters, this has {len(source):,}.")
    if "\0" in source or any("\ud800" <= c <= "\udfff" for c in source):
        return Problem("bad_text", "The text contains a NUL or half a character, which cannot be stored.")
    return None


def _syntax(source: str, error: Exception) -> Problem:
    token = getattr(error, "token", None)
    where = position(source, token.start_index) if token else "Line 1, column 1"
    return Problem(
        "template_syntax",
        f"{where}: {plain_message(error)}",
        suggestion="Names are written {{ record.name }}, decisions {% if … %} … {% endif %}.",
    )


def plain_message(error: Exception) -> str:
    """A sentence of the error's own, without the library's source excerpt."""
    text = str(error.args[0]) if error.args else type(error).__name__
    return text[:1].upper() + text[1:].rstrip(".") + "."


# From JSON to values ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """Where in the context which kind of value is."""

    below: Mapping[str, Plan]
    each: Plan | None = None
    convert: Convert | None = None


_plans: dict[int, tuple[Stored, Plan]] = {}  # by identity: a stored text is never changed


def plan_of(source: Stored) -> Plan:
    """The plan for a stored text, kept from one message to the next."""
    kept = _plans.get(id(source))
    if kept is not None and kept[0] is source:
        return kept[1]
    if len(_plans) > 1_000:
        _plans.clear()
    plan = _plan(source["kinds"], bool(source["html"]), zone_of(source.get("zone")))
    _plans[id(source)] = (source, plan)
    return plan


def zone_of(name: str | None) -> ZoneInfo:
    """The time zone, or UTC when this machine does not know it."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _plan(kinds: Any, html: bool, zone: ZoneInfo) -> Plan:
    if isinstance(kinds, list):
        return Plan({}, convert=converter(kinds[0], kinds[1], html=html, zone=zone))  # pyright: ignore[reportUnknownArgumentType]
    own, each = kinds.get(""), kinds.get(EACH)
    below = {key: _plan(kind, html, zone) for key, kind in kinds.items() if key not in ("", EACH)}
    return Plan(
        below,
        _plan(each, html, zone) if each else None,
        converter(own[0], own[1], html=html, zone=zone) if own else None,
    )


def typed(plan: Plan, value: Any) -> Any:
    """The values with their types; what was given is left as it is."""
    if value is None:
        return None
    if plan.each is not None and isinstance(value, list):
        return [typed(plan.each, item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if plan.below and isinstance(value, Mapping):
        given: Mapping[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        value = {
            **given,
            **{key: typed(below, given[key]) for key, below in plan.below.items() if key in given},
        }
    return plan.convert(value) if plan.convert is not None else value
