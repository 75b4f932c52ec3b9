"""What becomes of each thing of a pack when pack and office have both gone on."""

from __future__ import annotations

from typing import Any

import pytest

from whereupon.packs.three_way import Known, deep, flat, merge, remembered

OLD: dict[str, Any] = {"label": "Case", "options": {"choices": ["a"]}}


def known(shipped: dict[str, Any] = OLD, installed: dict[str, Any] | None = None) -> Known:
    return Known(shipped, installed or shipped)


@pytest.mark.parametrize(
    ("before", "now", "shipped", "action"),
    [
        (known(), OLD, OLD, "same"),
        (None, None, OLD, "add"),
        (None, OLD, OLD, "same"),
        (None, {**OLD, "label": "Fall"}, OLD, "conflict"),
        (known(), OLD, {**OLD, "label": "Matter"}, "change"),
        (known(), {**OLD, "label": "Υπόθεση"}, OLD, "keep"),
        (known(), {**OLD, "label": "Υπόθεση"}, {**OLD, "label": "Matter"}, "conflict"),
        (known(), {**OLD, "label": "Matter"}, {**OLD, "label": "Matter"}, "keep"),
        (known(), None, {**OLD, "label": "Matter"}, "keep"),
        (known(), OLD, None, "remove"),
        (known(), {**OLD, "label": "Υπόθεση"}, None, "keep"),
        (known(), None, None, "same"),
        (known(), {}, OLD, "keep"),
    ],
)
def test_each_case_has_its_step(before: Any, now: Any, shipped: Any, action: str) -> None:
    assert merge("field", "cases.stage", before, now, shipped, nested={"options"}).action == action


def test_attributes_are_merged_one_by_one() -> None:
    now = {"label": "Υπόθεση", "options": {"choices": ["a"], "default": "a"}}
    shipped = {"label": "Case", "options": {"choices": ["a", "b"]}}
    step = merge("field", "cases.stage", known(), now, shipped, nested={"options"})
    assert (step.action, step.taken) == ("change", ("options.choices",))
    assert step.content == {"label": "Υπόθεση", "options": {"choices": ["a", "b"], "default": "a"}}


def test_what_is_shipped_wins_where_it_is_asked_to() -> None:
    now, shipped = {**OLD, "label": "Υπόθεση"}, {**OLD, "label": "Matter"}
    step = merge("field", "cases.stage", known(), now, shipped, take=True)
    assert (step.action, step.content) == ("change", shipped)


def test_a_change_of_the_office_is_still_its_own_the_time_after_next() -> None:
    now, shipped = {**OLD, "label": "Υπόθεση"}, {**OLD, "label": "Matter"}
    step = merge("field", "cases.stage", known(), now, shipped)
    then = remembered(step, known(), now, now, shipped, set())
    assert merge("field", "cases.stage", then, now, shipped).action == "keep"
    assert merge("field", "cases.stage", then, now, {**OLD, "label": "File"}).kept == ("label",)


@pytest.mark.parametrize("content", [{}, OLD, {"options": {}, "label": ""}, {"options": {"a.b": None}}])
def test_nested_attributes_come_back_as_they_were(content: dict[str, Any]) -> None:
    assert deep(flat(content, {"options"}), {"options"}) == {"options": {}, **content}
