"""Reads a parsed template once, before it is saved: every name, filter and range that it uses."""

from __future__ import annotations

import inspect
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from liquid import BoundTemplate, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, LoopExpression, Path, StringLiteral
from liquid.builtin.expressions.filtered import Filter as FilterCall
from liquid.builtin.expressions.primitive import IntegerLiteral, RangeLiteral
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.echo_tag import EchoNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.expression import Expression

from whereupon.errors import Problem, did_you_mean
from whereupon.templates.filters import FILTERS, GIVES_ITEM, KEEPS_LIST, TAKES_FIELD
from whereupon.templates.names import Group, Lines, Name, Row, UnknownName
from whereupon.templates.sizes import MAX_ITEMS

Shapes = list[Name | None]  # what an expression may be; None: a plain value that has no names


class Reader:
    """Walks the template in reading order; `problems` are in that order too."""

    def __init__(self, template: BoundTemplate, source: str, roots: Group) -> None:
        self.template = template
        self.source = source
        self.roots = roots
        self.problems: list[Problem] = []
        self.locals: dict[str, Shapes] = {}
        self.static = RenderContext(template)

    def read(self) -> None:
        """Read everything; what is wrong is in `problems`."""
        for name in assigned_names(self.template.nodes, self.static):
            self.locals[name] = []
        self.visit_all(self.template.nodes)

    def visit_all(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self.visit(node)

    def visit(self, node: Node) -> None:
        match node:
            case ForNode():
                self.visit_loop(node)
            case AssignNode():
                known = self.locals.setdefault(node.name, [])
                known += [shape for shape in self.expression(node.expression) if not holds(known, shape)]
            case OutputNode() | EchoNode():
                self.print(self.expression(node.expression), node.expression)
            case _:
                for expression in node.expressions():
                    self.use(self.expression(expression))
                self.visit_all(list(node.children(self.static)))

    def visit_loop(self, node: ForNode) -> None:
        loop: LoopExpression = node.expression
        for argument in (loop.limit, loop.offset):
            if argument is not None:
                self.use(self.expression(argument))
        items: Shapes = []
        for shape in self.expression(loop.iterable):
            with self.naming(loop.iterable.token):
                items.append(loop_item(shape))
        with self.bound(str(loop.identifier), items):
            self.visit(node.block)
        if node.default:
            self.visit(node.default)

    @contextmanager
    def bound(self, name: str, shapes: Shapes) -> Generator[None]:
        """Inside, the loop's own variable means one item."""
        before = self.locals.get(name)
        self.locals[name] = shapes or [None]
        yield
        if before is None:
            del self.locals[name]
        else:
            self.locals[name] = before

    # Expressions

    def expression(self, expression: Expression) -> Shapes:
        match expression:
            case Path():
                return self.path(expression)
            case FilteredExpression():
                shapes = self.expression(expression.left)
                for call in expression.filters or []:
                    shapes = self.filtered(call, shapes)
                return shapes
            case RangeLiteral():
                self.range(expression)
            case _:
                for child in expression.children():
                    self.use(self.expression(child))
        return [None]

    def path(self, path: Path) -> Shapes:
        head, *rest = path.path
        shapes = self.head(head, path)
        for segment in rest:
            shapes = self.step(shapes, segment, path)
        return shapes

    def head(self, head: object, path: Path) -> Shapes:
        if not isinstance(head, str):
            self.problem("unknown_name", "A name must be written out.", path.token)
        elif head in self.locals:
            return self.locals[head] or [None]
        elif head != "forloop":
            with self.naming(path.token):
                return [self.roots.step(head)]
        return [None]

    def step(self, shapes: Shapes, segment: object, path: Path) -> Shapes:
        if not isinstance(segment, (str, int)):
            if any(shape is not None for shape in shapes):
                self.problem(
                    "unknown_name", f'"{path}" is only known when it runs; write the name out.', path.token
                )
            self.use(self.expression(segment) if isinstance(segment, Expression) else [])
            return [None]
        found: Shapes = []
        failed: list[UnknownName] = []
        for shape in shapes:
            try:
                found.append(shape.step(segment) if shape is not None else None)
            except UnknownName as error:
                failed.append(error)
        if not found and failed:  # nothing that this name can mean has such a name below
            self.problem("unknown_name", failed[0].message, path.token, failed[0].suggestion)
        return distinct(found) or [None]

    # Filters

    def filtered(self, call: FilterCall, shapes: Shapes) -> Shapes:
        arguments = [self.expression(argument.value) for argument in call.args]
        if call.name not in FILTERS:
            self.problem(
                "unknown_filter",
                f'There is no filter "{call.name}".',
                call.token,
                did_you_mean(call.name, FILTERS),
            )
            return [None]
        self.check_arguments(call)
        if call.name == "concat" and arguments:
            return distinct(shapes + arguments[0])
        for argument in arguments:
            self.use(argument)
        with self.naming(call.token):
            return distinct([below for shape in shapes for below in self.filter_shape(call, shape)])
        return [None]

    def filter_shape(self, call: FilterCall, shape: Name | None) -> Shapes:
        """What the filter makes of one shape: records stay records, everything else becomes a value."""
        if not isinstance(shape, Lines):
            self.use([shape])
            return [None]
        shape.wanted = True
        if call.name in TAKES_FIELD and call.args:
            self.use([field_of(call, shape)])
        if call.name in KEEPS_LIST:
            return [shape]
        return [shape.item()] if call.name in GIVES_ITEM else [None]

    def check_arguments(self, call: FilterCall) -> None:
        """As many as the filter takes: rendering would find out too late."""
        named: list[str] = [argument.name for argument in call.args if hasattr(argument, "name")]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        positional = len(call.args) - len(named)
        signature = inspect.signature(FILTERS[call.name])
        taken = [p for name, p in signature.parameters.items() if name not in ("environment", "context")]
        try:
            signature.replace(parameters=taken).bind(*([None] * (positional + 1)), **dict.fromkeys(named))
        except TypeError as error:
            self.problem("bad_filter", f'The filter "{call.name}": {error}.', call.token)

    # What is used, and how

    def use(self, shapes: Shapes) -> None:
        """The value itself is needed: in a condition, by a filter."""
        for shape in shapes:
            if shape is not None:
                shape.wanted = True

    def print(self, shapes: Shapes, expression: Expression) -> None:
        """A record or a list as a whole cannot be written into a text."""
        self.use(shapes)
        for shape in shapes:
            if isinstance(shape, (Lines, Group)) or (isinstance(shape, Row) and shape.link is None):
                self.problem(
                    "whole_record",
                    f'"{shape.label}" is not one value; name what to write of it.',
                    expression.token,
                    example_of(shape),
                )

    def range(self, expression: RangeLiteral) -> None:
        first, last = expression.start, expression.stop
        for bound in (first, last):
            self.use(self.expression(bound))
        whole = isinstance(first, IntegerLiteral) and isinstance(last, IntegerLiteral)
        if whole and last.value - first.value >= MAX_ITEMS:  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
            self.problem(
                "too_large", f"The range {expression} has more than {MAX_ITEMS:,} numbers.", expression.token
            )

    # Problems

    @contextmanager
    def naming(self, token: Any) -> Generator[None]:
        """A name that leads nowhere becomes a problem at this place, and reading goes on."""
        try:
            yield
        except UnknownName as error:
            self.problem("unknown_name", error.message, token, error.suggestion)

    def problem(self, code: str, message: str, token: Any, suggestion: str | None = None) -> None:
        where = position(self.source, getattr(token, "start_index", 0))
        self.problems.append(Problem(code, f"{where}: {message}", "", suggestion))


def holds(shapes: Shapes, wanted: Name | None) -> bool:
    """Whether this very name is among them; names are compared by identity."""
    return any(shape is wanted for shape in shapes)


def distinct(shapes: Shapes) -> Shapes:
    """Each once: a name that is assigned to itself over and over must not double them."""
    found: Shapes = []
    for shape in shapes:
        if not holds(found, shape):
            found.append(shape)
    return found


def loop_item(shape: Name | None) -> Name | None:
    """What one turn of a loop over this is. Raises UnknownName when it is no list."""
    if shape is None:
        return None
    shape.wanted = True
    return shape.item()


def field_of(call: FilterCall, shape: Lines) -> Name | None:
    """The field that `| map: "price"` looks at. Raises UnknownName."""
    argument = call.args[0].value
    if not isinstance(argument, StringLiteral):
        raise UnknownName(f'The field that "{call.name}" looks at must be written out, in quotes.')
    return shape.item().step(argument.value)


def example_of(shape: Name) -> str:
    """What could be written instead of a whole record or list."""
    if isinstance(shape, Lines):
        return f"Loop over it: {{% for line in {shape.label} %}} … {{% endfor %}}"
    known = shape.module.fields if isinstance(shape, Row) and shape.module else getattr(shape, "known", {})
    return f'For example "{shape.label}.{next(iter(known), "name")}".'


def position(source: str, index: int) -> str:
    """Where in the text, as an editor counts.

    >>> position("ab\\ncd", 4)
    'Line 2, column 2'
    """
    before = source[: max(0, index)]
    return f"Line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"


def assigned_names(nodes: Sequence[Node], static: RenderContext) -> Iterator[str]:
    """Every name that the template itself makes, wherever."""
    for node in nodes:
        yield from (str(name) for name in node.template_scope())
        yield from assigned_names(list(node.children(static)), static)


def expressions(nodes: Sequence[Node], static: RenderContext) -> Iterator[Expression]:
    """Every expression of a template, with those inside it."""
    for node in nodes:
        for expression in node.expressions():
            yield from inside(expression)
        yield from expressions(list(node.children(static)), static)


def inside(expression: Expression) -> Iterator[Expression]:
    yield expression
    for child in expression.children():
        yield from inside(child)
