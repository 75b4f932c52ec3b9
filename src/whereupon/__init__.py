"""Whereupon: something happens to a record, whereupon the right things are done.

What a package of your own needs to offer functions to workflows (docs/how-to/function.md) is here by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whereupon.sdk.function_context import Context, SyncContext
    from whereupon.sdk.functions import Failed, TryAgain, function

__all__ = ["Context", "Failed", "SyncContext", "TryAgain", "function"]
HOMES = {
    "Context": "function_context", "SyncContext": "function_context",
    "Failed": "functions", "TryAgain": "functions", "function": "functions",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Imported when it is asked for: most processes have no use for it."""
    from importlib import import_module

    if name in HOMES:
        return getattr(import_module(f"whereupon.sdk.{HOMES[name]}"), name)
    raise AttributeError(f"module 'whereupon' has no attribute {name!r}")
