"""The packs that ship with the program, and which of them were loaded."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.packs.contents import About, pack_keys, read_file

LOADED = "SELECT key FROM whereupon.settings WHERE key LIKE 'pack:%'"

# Packs of somebody else's, which were installed from a folder of this machine, or from a file that was sent.
OTHERS = """
SELECT substr(key, 6) AS key, value->>'name' AS name, coalesce(value->>'folder', value->>'file') AS source
FROM whereupon.settings
WHERE key LIKE 'pack:%' AND substr(key, 6) <> ALL($1) AND (value ? 'folder' OR value ? 'file') ORDER BY key
"""


@cache
def abouts() -> dict[str, About]:
    """What each pack is for, by key; their files do not change while the program runs."""
    folder = files("whereupon.packs")
    return {key: read_file(folder / key / "pack.yaml", About) for key in pack_keys()}


async def list_packs(db: Connection) -> list[dict[str, Any]]:
    """Every pack, with whether it was loaded, and whether it ships with the program."""
    loaded = {row["key"].removeprefix("pack:") for row in await db.fetch(LOADED)}
    ours = [
        {
            "key": key,
            "name": about.name,
            "description": about.description.strip(),
            "loaded": key in loaded,
            "shipped": True,
        }
        for key, about in abouts().items()
    ]
    others = await db.fetch(OTHERS, list(abouts()))
    return ours + [
        {
            "key": row["key"],
            "name": row["name"],
            "description": f"From {row['source']}",
            "loaded": True,
            "shipped": False,
        }
        for row in others
    ]


def require_known(keys: list[str], path: str = "/packs") -> None:
    """Raises Invalid naming every pack that does not exist."""
    problems = [
        Problem("unknown_pack", f'There is no pack "{key}".', f"{path}/{i}", did_you_mean(key, abouts()))
        for i, key in enumerate(keys)
        if key not in abouts()
    ]
    if problems:
        raise Invalid.of(*problems)
