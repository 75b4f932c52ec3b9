"""Every source file keeps the habits that the reader relies on."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Set
from functools import cache
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src" / "whereupon"
FILES = sorted(SOURCES.rglob("*.py"))
LONGEST_FILE = 400


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCES))


@cache
def parsed() -> dict[str, ast.Module]:
    """Every file by its name."""
    return {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def imported_names(trees: Iterable[ast.Module]) -> set[str]:
    """What files take from each other by name: that is what is public here."""
    imports = (node for tree in trees for node in ast.walk(tree))
    return {alias.name for node in imports if isinstance(node, ast.ImportFrom) for alias in node.names}


def undocumented(tree: ast.Module, public: Set[str]) -> list[str]:
    """The module, and its classes and functions that others use, where they lack a docstring."""
    missing = [] if ast.get_docstring(tree) else ["the module"]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name in public:
            missing += [] if ast.get_docstring(node) or has_summary(node) else [node.name]
    return missing


def has_summary(node: ast.AST) -> bool:
    """Whether a route says in its decorator what it does: that is its text in the API's document."""
    decorators = getattr(node, "decorator_list", [])
    calls = [inner for outer in decorators for inner in ast.walk(outer) if isinstance(inner, ast.Call)]
    return any(keyword.arg == "summary" for call in calls for keyword in call.keywords)


def printing_lines(tree: ast.Module) -> list[int]:
    """Line numbers of calls of print."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


def test_what_is_public_is_documented() -> None:
    public = imported_names(parsed().values())
    assert len(public) > 1000  # it has looked
    missing = {name: undocumented(tree, public) for name, tree in parsed().items()}
    assert {name: what for name, what in missing.items() if what} == {}


def test_no_file_holds_two_ideas() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_only_the_command_line_prints() -> None:
    silent = {name: tree for name, tree in parsed().items() if Path(name).parts[0] != "cli"}
    assert 0 < len(silent) < len(FILES)
    lines = {name: printing_lines(tree) for name, tree in silent.items()}
    assert {name: found for name, found in lines.items() if found} == {}


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ('"""Doc."""\ndef f(): "Doc."', []),
        ("", ["the module"]),
        ('"""Doc."""\ndef f(): ...\nclass Ά: ...\ndef own(): ...', ["f", "Ά"]),
        ('"""Doc."""\nasync def g(): ...', ["g"]),
        ('"""Doc."""\n@r.get("", **o("g", summary="Γ."))\nasync def g(): ...', []),
        ('"""Doc."""\n@r.get("")\nasync def g(): ...', ["g"]),
    ],
)
def test_the_check_itself_finds_what_is_undocumented(source: str, missing: list[str]) -> None:
    others = ["from a.b import f, Ά", "def h():\n    from c import g as x", ""]
    public = imported_names(map(ast.parse, others))
    assert undocumented(ast.parse(source), public) == missing


@pytest.mark.parametrize(
    ("source", "lines"), [("", []), ("x = 'print(1)'", []), ("def f():\n  print('γεια')", [2])]
)
def test_the_check_itself_finds_what_prints(source: str, lines: list[int]) -> None:
    assert printing_lines(ast.parse(source)) == lines
