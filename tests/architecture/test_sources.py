"""Every source file keeps the habits that the reader relies on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src" / "whereupon"
FILES = sorted(SOURCES.rglob("*.py"))
LONGEST_FILE = 400


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCES))


def public_definitions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Functions and classes of the module itself that others may use."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_":
            yield node


def undocumented(source: str) -> list[str]:
    tree = ast.parse(source)
    missing = [] if ast.get_docstring(tree) else ["the module"]
    return missing + [node.name for node in public_definitions(tree) if not ast.get_docstring(node)]


def printing_lines(source: str) -> list[int]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_what_is_public_is_documented(path: Path) -> None:
    assert undocumented(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_file_holds_two_ideas(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", [p for p in FILES if "cli" not in p.relative_to(SOURCES).parts], ids=name_of)
def test_only_the_command_line_prints(path: Path) -> None:
    assert printing_lines(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ('"""Doc."""\ndef f(): "Doc."', []),
        ("", ["the module"]),
        ('"""Doc."""\ndef f(): ...\nclass Ά: ...\ndef _own(): ...', ["f", "Ά"]),
        ('"""Doc."""\nasync def g(): ...', ["g"]),
    ],
)
def test_the_check_itself_finds_what_is_undocumented(source: str, missing: list[str]) -> None:
    assert undocumented(source) == missing


@pytest.mark.parametrize(
    ("source", "lines"), [("", []), ("x = 'print(1)'", []), ("def f():\n  print('γεια')", [2])]
)
def test_the_check_itself_finds_what_prints(source: str, lines: list[int]) -> None:
    assert printing_lines(source) == lines
