"""What a pack, or a folder of files, may hold: one kind per file, each read, written and taken away its way.

A new kind is a class in a file of this package and its line in `kinds()`; packs, export, plan and apply
then know it.
"""

from __future__ import annotations

from functools import cache

from whereupon.packs.kinds.kind import Content, Kind

__all__ = ["Content", "Kind", "kind", "kinds"]


@cache
def kinds() -> tuple[Kind, ...]:
    """Every kind, in the order in which they need each other."""
    from whereupon.packs.kinds.data_tasks import DataTasks
    from whereupon.packs.kinds.modules import Fields, Modules
    from whereupon.packs.kinds.people import Groups, Roles
    from whereupon.packs.kinds.playbooks import Playbooks, Strategies
    from whereupon.packs.kinds.templates import Templates
    from whereupon.packs.kinds.views import Views
    from whereupon.packs.kinds.workflows import Workflows

    return (
        Groups(),
        Modules(),
        Fields(),
        Roles(),
        Views(),
        Templates(),
        DataTasks(),
        Strategies(),
        Playbooks(),
        Workflows(),
    )


def kind(key: str) -> Kind:
    """The kind of that key."""
    return next(one for one in kinds() if one.key == key)
