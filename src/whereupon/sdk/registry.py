"""Finds blocks and triggers: each file of our own folders, and what other packages offer as entry points."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any

from whereupon.errors import NotFound, did_you_mean
from whereupon.sdk.block import Block
from whereupon.sdk.trigger import Trigger


def classes_in(package: str, kind: type) -> list[Any]:
    """Every class of `kind` that a module of `package` defines."""
    folder = importlib.import_module(package)
    found: list[Any] = []
    for entry in pkgutil.iter_modules(folder.__path__, package + "."):
        module = importlib.import_module(entry.name)
        found += [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, kind)
            and value.__module__ == entry.name
            and "key" in vars(value)
        ]
    return found


@functools.cache
def blocks() -> MappingProxyType[str, Block[Any]]:
    """All blocks by key: ours, those of the entry points `whereupon.blocks`, and one for each function of
    the entry points `whereupon.functions`."""
    theirs = [entry.load() for entry in entry_points(group="whereupon.blocks")]
    found = {cls.key: cls() for cls in [*classes_in("whereupon.blocks", Block), *theirs]}
    functions = entry_points(group="whereupon.functions")
    if functions:
        from whereupon.sdk.function_block import function_blocks  # late: few installations have any

        found |= function_blocks(functions)
    return MappingProxyType(found)


@functools.cache
def triggers() -> MappingProxyType[str, Trigger[Any]]:
    """All triggers by key: ours, and those of the entry points `whereupon.triggers`."""
    theirs = [entry.load() for entry in entry_points(group="whereupon.triggers")]
    return MappingProxyType({cls.key: cls() for cls in [*classes_in("whereupon.triggers", Trigger), *theirs]})


def block(key: str) -> Block[Any]:
    """Raises NotFound with the nearest key."""
    try:
        return blocks()[key]
    except KeyError:
        raise NotFound(f'There is no block "{key}".', suggestion=did_you_mean(key, blocks())) from None


def trigger(key: str) -> Trigger[Any]:
    """Raises NotFound with the nearest key."""
    try:
        return triggers()[key]
    except KeyError:
        raise NotFound(f'There is no trigger "{key}".', suggestion=did_you_mean(key, triggers())) from None
