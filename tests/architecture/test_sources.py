"""Every source file keeps the habits that the reader relies on."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Set
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src" / "whereupon"
FILES = sorted(SOURCES.rglob("*.py"))
SILENT = [path for path in FILES if "cli" not in path.relative_to(SOURCES).parts]
LONGEST_FILE = 400


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCES))


def imported_names(sources: Iterable[str]) -> set[str]:
    """What files take from each other by name: that is what is public here."""
    imports = (node for source in sources for node in ast.walk(ast.parse(source)))
    return {alias.name for node in imports if isinstance(node, ast.ImportFrom) for alias in node.names}


def undocumented(source: str, public: Set[str]) -> list[str]:
    """The module, and its classes and functions that others use, where they lack a docstring."""
    tree = ast.parse(source)
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


def printing_lines(source: str) -> list[int]:
    """Line numbers of calls of print."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


PUBLIC = imported_names(path.read_text(encoding="utf-8") for path in FILES)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_what_is_public_is_documented(path: Path) -> None:
    assert undocumented(path.read_text(encoding="utf-8"), PUBLIC) == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_file_holds_two_ideas(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", SILENT, ids=name_of)
def test_only_the_command_line_prints(path: Path) -> None:
    assert printing_lines(path.read_text(encoding="utf-8")) == []


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
    assert undocumented(source, imported_names(others)) == missing


@pytest.mark.parametrize(
    ("source", "lines"), [("", []), ("x = 'print(1)'", []), ("def f():\n  print('γεια')", [2])]
)
def test_the_check_itself_finds_what_prints(source: str, lines: list[int]) -> None:
    assert printing_lines(source) == lines
