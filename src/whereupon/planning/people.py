"""“To whom”: addresses that the record leads to, groups, the owner, fixed addresses; several with “;”.

delegate.email; group Course office; owner; office@example.org
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from whereupon.modules.catalog import Catalog, Module
from whereupon.planning.conditions import Unsayable
from whereupon.planning.words import Unclear, choose, fields_by_name, folded, listed, nearest

ADDRESS = re.compile(r"[^\s@;,<>]+@[^\s@;,<>]+\.[^\s@;,<>]+")
HOPS = 3  # references that are followed when looking for what could be meant
GROUP = re.compile(r"(?:the\s+)?group\s+(.+)", re.IGNORECASE)


def read_people(
    text: str, module: Module, catalog: Catalog, groups: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Recipients of a mail. `groups`: key → name. Raises Unclear."""
    parts = [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]
    if not parts:
        raise Unclear(
            "It does not say to whom.", "For example: delegate.email, owner, or group Course office"
        )
    found: list[dict[str, Any]] = []
    for part in parts:
        try:
            one = read_person(part, module, catalog, groups)
        except Unclear as error:
            instead = text.replace(part, error.instead) if error.instead else None
            raise Unclear(error.message, error.suggestion, instead) from None
        if one not in found:
            found.append(one)
    return found


def read_person(text: str, module: Module, catalog: Catalog, groups: Mapping[str, str]) -> dict[str, Any]:
    if ADDRESS.fullmatch(text):
        return {"address": text}
    if folded(text) == "owner":
        if module.owner_field is None:
            raise Unclear(
                f"{module.label} has no owner.", "Name a field: " + listed(reachable(module, catalog))
            )
        return {"owner": True}
    if named := GROUP.fullmatch(text):
        names = {folded(name): key for key, name in groups.items()} | {folded(key): key for key in groups}
        return {"group": choose(named[1], names, "group", others=f"Groups: {listed(groups.values())}.")}
    path = path_said(text, module, catalog)
    if path is not None:
        return {"field": path}
    raise unclear(text, module, catalog, groups)


def path_said(text: str, module: Module, catalog: Catalog) -> str | None:
    """The path to a user or an address; a link to a record with a single address leads to that."""
    parts = [part for part in re.split(r"\s*[→>.]\s*", text) if part]
    first = folded(parts[0]) if len(parts) > 1 else ""
    if first in (module.key, folded(module.label)) and first not in fields_by_name(module):
        parts = parts[1:]
    keys: list[str] = []
    here: Module | None = module
    kind = name = ""
    for part in parts:
        if here is None or (field := fields_by_name(here).get(folded(part))) is None:
            return None
        keys.append(field.key)
        kind, name = field.type, folded(f"{field.key} {field.label}")
        here = catalog.modules.get(field.target) if field.target else None
    if kind == "reference" and here is not None:
        addresses = [field.key for field in here.fields.values() if field.type == "email"]
        if len(addresses) != 1:
            return None
        return ".".join([*keys, addresses[0]])
    return ".".join(keys) if kind in ("user", "email") or (kind == "text" and "mail" in name) else None


def reachable(module: Module, catalog: Catalog) -> dict[str, str]:
    """Every path to a user or an address within some hops → the words about it."""
    return dict(paths(module, catalog, (), module.label, HOPS))


def paths(
    module: Module, catalog: Catalog, keys: tuple[str, ...], words: str, hops: int
) -> Iterator[tuple[str, str]]:
    for field in module.fields.values():
        if field.system and (keys or field.key != "created_by"):
            continue
        path, told = (*keys, field.key), f"{words} {field.label} {field.key}"
        if field.type in ("email", "user") and not (module.system and field.type == "email"):
            yield ".".join(path), told
        target = catalog.modules.get(field.target or "")
        if hops and target is not None and field.type in ("reference", "user"):
            yield from paths(target, catalog, path, told, hops - 1)


def unclear(text: str, module: Module, catalog: Catalog, groups: Mapping[str, str]) -> Unclear:
    """“Delegates manager” → “delegate.manager.email”?"""
    candidates = dict(reachable(module, catalog).items())
    candidates |= {f"group {key}": f"{key} {name}" for key, name in groups.items()}
    if module.owner_field is not None:
        candidates["owner"] = "owner"
    near = nearest(text, candidates)
    if near is None:
        return Unclear(f"“{text}” is nobody whom {module.label} leads to.", f"Known: {listed(candidates)}.")
    return Unclear(f"“{text}” is not said exactly.", f"“{near}”?", near)


# The other way -------------------------------------------------------------------------------------


def write_people(people: Any) -> str:
    """Raises Unsayable."""
    return "; ".join(write_person(person) for person in people)


def write_person(person: Any) -> str:
    match person:
        case {"owner": True, **rest} if not rest:
            return "owner"
        case {"group": str(key), **rest} if not rest:
            return f"group {key}"
        case {"address": str(address), **rest} if not rest and ADDRESS.fullmatch(address):
            return address
        case {"field": str(path), **rest} if not rest:
            return path
        case _:
            raise Unsayable("it goes to somebody whom the sheet cannot name")
