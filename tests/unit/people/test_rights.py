"""What several roles give together, and what is refused."""

from __future__ import annotations

import pytest

from whereupon.errors import Refused
from whereupon.modules.catalog import Field, Module
from whereupon.people.rights import Rights, everything, rights_of_row, union

NONE = {"module": "cases", "read": "none", "create": "none", "update": "none", "delete": "none", "fields": {}}
FIELDS = {
    key: Field(id=i, key=key, label=key, type="text", column=key, read_only=key == "id")
    for i, key in enumerate(["id", "subject", "fee", "ääni"])
}
CASES = Module(
    id=1, key="cases", label="Case", label_plural="Cases", schema="data", table="cases", key_columns=("id",),
    key_type="bigint", attached=False, read_only=False, system=False, captured=True, title_field=None,
    owner_field=None, parent_field=None, fields=FIELDS,
)  # fmt: skip


def rights(*entries: dict) -> Rights:
    return Rights(7, grants=union(NONE | entry for entry in entries))


UNIONS = [
    # roles, action, may, own only, fields that may be read, fields that may be written
    ([], "read", False, False, set(), set()),
    ([{}], "read", False, False, set(), set()),
    ([{"read": "own"}], "read", True, True, set(FIELDS), set()),
    ([{"read": "own"}, {"read": "all"}], "read", True, False, set(FIELDS), set()),
    ([{"read": "all", "fields": {"fee": "none"}}], "read", True, False, {"id", "subject", "ääni"}, set()),
    ([{"read": "all", "fields": {"fee": "none"}}, {"read": "all"}], "read", True, False, set(FIELDS), set()),
    # A role that opens the fee of one's own records does not open everybody's.
    (
        [{"read": "all", "fields": {"fee": "none"}}, {"read": "own"}],
        "read",
        True,
        False,
        {"id", "subject", "ääni"},
        set(),
    ),
    # A role without any right in the module opens nothing either.
    ([{"read": "all", "fields": {"fee": "none"}}, {}], "read", True, False, {"id", "subject", "ääni"}, set()),
    ([{"update": "all", "fields": {"ääni": "read"}}], "update", True, False, set(), {"subject", "fee"}),
    (
        [{"update": "own", "fields": {"fee": "read"}}, {"update": "own", "fields": {"ääni": "none"}}],
        "update",
        True,
        True,
        set(),
        {"subject", "fee", "ääni"},
    ),
]


@pytest.mark.parametrize(("roles", "action", "may", "own", "reads", "writes"), UNIONS)
def test_roles_add_up(roles, action, may, own, reads, writes):
    found = rights(*roles)
    assert found.may(action, "cases") is may
    assert found.own_only(action, "cases") is own
    assert found.readable(CASES) == reads
    assert found.writable(CASES) == writes


def test_a_create_and_an_update_have_locks_of_their_own():
    found = rights({"create": "all", "fields": {"fee": "read"}}, {"update": "all"})
    assert found.writable(CASES, "create") == {"subject", "ääni"}
    assert found.writable(CASES, "update") == {"subject", "ääni", "fee"}


def test_what_is_refused_is_named():
    found = rights({"read": "all", "update": "all", "fields": {"fee": "read", "ääni": "none"}})
    found.require("read", "cases", ["subject", "fee"])
    with pytest.raises(Refused, match='read "ääni"'):
        found.require("read", "cases", ["ääni"])
    with pytest.raises(Refused, match='write "fee", "ääni"'):
        found.require("update", "cases", ["ääni", "fee", "subject"])
    with pytest.raises(Refused, match="delete records"):
        found.require("delete", "cases")
    with pytest.raises(Refused, match="read records"):
        found.require("read", "käyttäjät")
    for require in (found.require_builder, found.require_administrator):
        with pytest.raises(Refused):
            require()


def test_an_administrator_may_do_everything_but_write_what_nobody_can():
    found = everything(1)
    found.require("delete", "anything", ["any"])
    assert found.writable(CASES) == set(FIELDS) - {"id"}
    assert not found.own_only("read", "cases")


def test_a_user_who_is_disabled_or_gone_has_no_rights():
    with pytest.raises(Refused, match="Zoë is disabled"):
        rights_of_row({"id": 1, "active": False, "name": "Zoë"})
    with pytest.raises(Refused):
        rights_of_row(None)
