"""How a formula is read: text to a small tree, every part with its position, within limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

from whereupon.errors import Invalid, Problem

LONGEST = 4_000  # characters
DEEPEST = 50  # levels of functions, parentheses and signs
MOST_TERMS = 200  # in one sum, product or joined text


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written, with every digit."""

    value: Decimal
    position: int


@dataclass(frozen=True, slots=True)
class Text:
    """A text in quotation marks."""

    value: str
    position: int


@dataclass(frozen=True, slots=True)
class Truth:
    """TRUE or FALSE."""

    value: bool
    position: int


@dataclass(frozen=True, slots=True)
class Name:
    """A path: a field, a linked field, an output."""

    names: tuple[str, ...]
    position: int

    @property
    def path(self) -> str:
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class Call:
    """A function and what it is given."""

    name: str
    arguments: tuple[Node, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Chain:
    """first op part op part …, from left to right; the operators are of one precedence."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides and the sign between them."""

    operator: str
    left: Node
    right: Node
    position: int


@dataclass(frozen=True, slots=True)
class Signed:
    """-x, +x or x%."""

    sign: str
    value: Node
    position: int


Node = Number | Text | Truth | Name | Call | Chain | Comparison | Signed


def children(node: Node) -> Iterator[Node]:
    """The parts directly inside a part."""
    match node:
        case Call(arguments=arguments):
            yield from arguments
        case Chain(first=first, rest=rest):
            yield first
            yield from (part for _, part in rest)
        case Comparison(left=left, right=right):
            yield left
            yield right
        case Signed(value=value):
            yield value
        case _:
            return


def located(text: str, position: int, problem: Problem) -> Problem:
    """The problem with the line and column at which it is, both from 1."""
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    message = f"Line {line}, column {column}: {problem.message}"
    return Problem(problem.code, message, problem.path, problem.suggestion)


def problem_at(text: str, position: int, code: str, message: str, suggestion: str | None = None) -> Invalid:
    """The error, to be raised, that something is wrong at that character."""
    problem = Problem(code, message, suggestion=suggestion)
    return Invalid.of(located(text, position, problem), what="The formula is not valid.")


@lru_cache(maxsize=2_000)
def parse(text: str) -> Node:
    """The tree of a formula. Raises Invalid with line, column and a suggestion."""
    if len(text) > LONGEST:
        message = f"A formula may have {LONGEST:,} characters; this has {len(text):,}."
        raise Invalid.of(Problem("too_long", message))
    if not text.strip():
        raise Invalid.of(Problem("empty", "The formula is empty.", suggestion="For example: amount * 1.24"))
    _check_depth(text)
    try:
        return _parser().parse(text)  # pyright: ignore
    except UnexpectedInput as error:
        raise _syntax_error(text, error) from None
    except VisitError as error:
        raise error.orig_exc from None


def _check_depth(text: str) -> None:
    """Count open parentheses and runs of signs before anything recursive sees them."""
    depth = signs = 0
    quoted = False
    for position, character in enumerate(text):
        quoted ^= character == '"'
        if quoted or character.isspace():
            continue
        depth += (character == "(") - (character == ")")
        signs = signs + 1 if character in "+-%" else 0
        if depth > DEEPEST or signs > DEEPEST:
            raise problem_at(text, position, "too_deep", f"A formula may be nested {DEEPEST} levels deep.")


HINTS = {
    "'": 'Texts stand in double quotes: "Sent".',
    "!": 'Not equal is written "<>".',
    ";": "Arguments are separated by commas.",
    "{": "Names stand without braces: account.name.",
    "[": "Names stand without brackets: account.name.",
    "“": 'Texts stand in straight double quotes: "Sent".',
    "„": 'Texts stand in straight double quotes: "Sent".',
    '"': "A quotation mark is not closed.",
}


def _syntax_error(text: str, error: UnexpectedInput) -> Invalid:
    position = error.pos_in_stream
    if isinstance(error, UnexpectedCharacters) and position is not None:
        found = text[position]
        return problem_at(text, position, "syntax", f'"{found}" does not belong here.', HINTS.get(found))
    token = cast("Token | None", error.token if isinstance(error, UnexpectedToken) else None)
    if token is None or token.type == "$END":
        return problem_at(text, len(text), "syntax", "The formula ends too early.", _unclosed(text))
    hint = _hint(text, token)
    return problem_at(text, token.start_pos or 0, "syntax", f'"{token}" does not belong here.', hint)


def _unclosed(text: str) -> str | None:
    return "A closing parenthesis is missing." if text.count("(") > text.count(")") else None


BEGINNINGS = ("NUMBER", "STRING", "NAME", "LPAR")


def _hint(text: str, token: Token) -> str | None:
    position = token.start_pos or 0
    if text[max(position - 1, 0) : position + 1] == "==":
        return 'Equal is written "=", once.'
    return "An operator or a comma is missing before it." if token.type in BEGINNINGS else None


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("formula.lark").read_text()
    return Lark(grammar, parser="lalr", transformer=_Reader(), maybe_placeholders=False)


def _position(part: Any) -> int:
    return (part.start_pos or 0) if isinstance(part, Token) else part.position


class _Reader(Transformer[Token, Any]):
    """Builds the tree while the parser runs; each method is called with what a rule matched."""

    def start(self, parts: list[Any]) -> Node:
        return parts[-1]

    def number(self, parts: list[Any]) -> Node:
        return Number(Decimal(parts[0]), _position(parts[0]))

    def text(self, parts: list[Any]) -> Node:
        return Text(parts[0][1:-1].replace('""', '"'), _position(parts[0]))

    def path(self, parts: list[Any]) -> Node:
        if len(parts) == 1 and parts[0].upper() in ("TRUE", "FALSE"):
            return Truth(parts[0].upper() == "TRUE", _position(parts[0]))
        return Name(tuple(str(p) for p in parts), _position(parts[0]))

    def call(self, parts: list[Any]) -> Node:
        return Call(parts[0].upper(), tuple(parts[1:]), _position(parts[0]))

    def group(self, parts: list[Any]) -> Node:
        return parts[0]

    def chain(self, parts: list[Any]) -> Node:
        if len(parts) == 1:
            return parts[0]
        if len(parts) > 2 * MOST_TERMS:
            raise Invalid.of(Problem("too_many", f"One sum or product may have {MOST_TERMS} terms."))
        rest = tuple((str(parts[i]), parts[i + 1]) for i in range(1, len(parts), 2))
        return Chain(parts[0], rest, _position(parts[1]))

    joined = power = chain

    def comparison(self, parts: list[Any]) -> Node:
        return (
            Comparison(str(parts[1]), parts[0], parts[2], _position(parts[1]))
            if len(parts) == 3
            else parts[0]
        )

    def signed(self, parts: list[Any]) -> Node:
        return Signed(str(parts[0]), parts[1], _position(parts[0])) if len(parts) == 2 else parts[0]

    def percent(self, parts: list[Any]) -> Node:
        return Signed("%", parts[0], _position(parts[1])) if len(parts) == 2 else parts[0]
