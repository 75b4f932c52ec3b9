"""Which pages the reference has, and writing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from whereupon.docs import building, running
from whereupon.docs.markdown import page
from whereupon.docs.packs import pack_schema

PAGES: Mapping[str, tuple[str, Callable[[], str]]] = {
    "blocks.md": ("Blocks: what a workflow can do", building.blocks),
    "triggers.md": ("Triggers: what starts it", building.triggers),
    "conditions.md": ("Conditions: operators and values", building.conditions),
    "functions.md": ("Functions of formulas", building.functions),
    "field-types.md": ("Field types", building.field_types),
    "templates.md": ("Templates: names and filters", building.templates),
    "workflow.md": ("Workflow documents", building.workflow_document),
    "workflow.schema.json": ("Their JSON schema", building.document_schema),
    "pack.schema.json": ("JSON schema of a pack's files", pack_schema),
    "api.md": ("REST API", running.http_api),
    "cli.md": ("Command line", running.command_line),
    "metrics.md": ("Metrics", running.metrics),
    "settings.md": ("Settings", running.settings),
    "errors.md": ("Errors and exit codes", running.error_codes),
}


def index() -> str:
    """The page that leads to the others."""
    links = (f"- [{title}]({name})" for name, (title, _) in PAGES.items())
    return page(
        "# Reference",
        "Written from the code by `python -m whereupon.docs`. Do not edit these pages: a test compares them.",
        "\n".join(links),
    )


def reference() -> dict[str, str]:
    """File name → text, of the whole reference."""
    return {"README.md": index()} | {name: make() for name, (_, make) in PAGES.items()}


def write_reference(folder: Path) -> list[str]:
    """Write every page; returns the names of those that were different."""
    folder.mkdir(parents=True, exist_ok=True)
    changed: list[str] = []
    for name, text in reference().items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed
