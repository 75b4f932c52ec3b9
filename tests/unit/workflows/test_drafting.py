"""Whatever is drawn, a draft can be looked at: deep, odd and half-made configurations included."""

from __future__ import annotations

from typing import Any

import pytest

from whereupon.modules.catalog import Catalog, Field, Module
from whereupon.people.rights import everything
from whereupon.sdk import registry
from whereupon.workflows.advice import Said
from whereupon.workflows.check import Surroundings
from whereupon.workflows.drafting import Checked, check_draft

CASES = Module(
    1, "cases", "Case", "Cases", "data", "cases", ("id",), "bigint", False, False, False, True, None, None,
    None, {"fee": Field(1, "fee", "Fee", "money", "fee")},
)  # fmt: skip


def nested(levels: int, *, lists: bool = False) -> Any:
    found: Any = [] if lists else {}
    for _ in range(levels):
        found = [found] if lists else {"not": found}
    return found


ODD: list[dict[str, Any]] = [
    nested(900), {"condition": nested(900)}, {"set": {"fee": nested(900, lists=True)}}, {"to": "x"},
    {"to": [1, None, {"owner": []}]}, {"cases": [1, {"port": 5}]}, {"which": ["linked"], "link": 5},
    {"module": {"a": 1}, "set": [], "lines": [{"from": 1, "to": None}]}, {"condition": [1]},
    {"set": {"": None}}, {"duration": {"amount": "ö"}}, {},
]  # fmt: skip


def look(*nodes: dict[str, Any]) -> Checked:
    around = Surroundings(Catalog({"cases": CASES}, 1, {1: CASES}, {}), CASES, everything(1), "UTC")
    edges = [{"from": "start", "to": "odd"}]
    return check_draft({"nodes": list(nodes), "edges": edges}, around, Said("", ""))


@pytest.mark.parametrize("config", ODD, ids=range(len(ODD)))
def test_odd_configurations_are_problems_and_nothing_worse(config: dict[str, Any]) -> None:
    start = {"key": "start", "block": "start", "config": {"trigger": "record_created"}}
    for block in (*registry.blocks(), "start", "nonsense"):
        found = look(start, {"key": "odd", "block": block, "config": config})
        assert [node.key for node in found.nodes] == ["start", "odd"]
        assert found.problems or (block in ("stop", "playbook_end") and config == {})
    for trigger in (*registry.triggers(), 5, None, {}):
        odd = {"key": "start", "block": "start", "config": {"trigger": trigger, "filter": config, **config}}
        assert look(odd).problems
