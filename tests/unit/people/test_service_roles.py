"""A role takes away from its publisher's rights, and never adds."""

from __future__ import annotations

import random
from typing import Any

from tests.unit.people.test_rights import CASES, FIELDS

from whereupon.people.rights import WIDTH, Grant, Rights, everything
from whereupon.people.service_roles import ServiceRole, narrowed

ACTIONS: tuple[Any, ...] = ("read", "create", "update", "delete")


def some_grant(dice: random.Random) -> Grant:
    extents = {action: dice.choice(["none", "all"] + ["own"] * (action != "create")) for action in ACTIONS}
    names = ("hidden", "locked_on_create", "locked_on_update")
    fields = {name: frozenset(key for key in FIELDS if dice.random() < 0.3) for name in names}
    return Grant(**extents, **fields)


def test_what_is_left_is_in_both_and_nothing_else_is():
    dice = random.Random(28)
    for _ in range(500):
        one, other = some_grant(dice), some_grant(dice)
        builder = dice.random() < 0.5
        publisher = Rights(7, builder=builder, grants={"cases": one, "people": one})
        role = ServiceRole("clerk", "Clerk", builder=dice.random() < 0.5, grants={"cases": other})
        left = narrowed(publisher, role)
        assert (left.user_id, left.administrator, left.builder) == (7, False, builder and role.builder)
        assert not any(left.may(action, "people") for action in ACTIONS)
        for action in ACTIONS:
            extents = [grant.extent(action) for grant in (one, other)]
            assert left.grant("cases").extent(action) == min(extents, key=WIDTH.__getitem__)
            held = [Rights(7, grants={"cases": grant}).held_back(action, "cases") for grant in (one, other)]
            assert left.held_back(action, "cases") == held[0] | held[1]
        both = Rights(7, grants={"cases": one}).readable(CASES) & Rights(7, grants={"cases": other}).readable(
            CASES
        )
        assert left.readable(CASES) == both
        assert narrowed(left, role) == left


def test_an_administrator_is_none_any_more_whatever_the_role_is():
    grant = Grant(read="all", hidden=frozenset({"fee"}))
    for administrator in (False, True):
        left = narrowed(everything(7), ServiceRole("r", "Rôle", administrator, False, {"cases": grant}))
        assert (left.administrator, left.builder) == (False, administrator)
        assert left.grants == {"cases": grant}
        assert left.refusal("may not stay").message == "With the rights of “Rôle”, the workflow may not stay."
