"""The SQL that a template becomes gathers what it names, for many records in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from whereupon.conditions.values import JSON, TEXT, Scope
from whereupon.db.pool import Database
from whereupon.modules.catalog import load_catalog
from whereupon.modules.define import defining
from whereupon.modules.definitions import ModuleIn
from whereupon.outbox.mail import mail_source, render_mail
from whereupon.outbox.messages import queue_statement, source_id
from whereupon.records.schema import DEFINER
from whereupon.templates.template import Template, context_sql, parse, render

ACCOUNTS: Mapping[str, Any] = {
    "key": "accounts", "label": "Account", "label_plural": "Accounts", "title_field": "name",
    "fields": [{"key": "name", "type": "text"}, {"key": "country", "type": "text"},
               {"key": "manager", "type": "user"}],
}  # fmt: skip
LINES: Mapping[str, Any] = {
    "key": "order_lines", "label": "Line", "label_plural": "Lines",
    "fields": [
        {"key": "order", "type": "reference", "options": {"target": "orders", "on_delete": "cascade"}},
        {"key": "text", "type": "text"},
        {"key": "price", "type": "money", "options": {"currency": "EUR"}},
        {"key": "account", "type": "reference", "options": {"target": "accounts"}},
    ],
}  # fmt: skip
ORDERS: Mapping[str, Any] = {
    "key": "orders", "label": "Order", "label_plural": "Orders",
    "fields": [
        {"key": "number", "type": "text"},
        {"key": "positions", "type": "line_items",
         "options": {"fields": [{"key": "product", "type": "text"}]}},
        {"key": "amount", "type": "money", "options": {"currency": "EUR"}},
        {"key": "due", "type": "date"},
        {"key": "placed", "type": "datetime"},
        {"key": "status", "type": "select", "options": {"choices": [{"key": "open", "label": "Still open"}]}},
        {"key": "tags", "type": "multi_select", "options": {"choices": [{"key": "vip", "label": "VIP"}]}},
        {"key": "account", "type": "reference", "options": {"target": "accounts"}},
    ],
}  # fmt: skip


@pytest.fixture
async def scope(database: Database) -> Scope:
    for definition in (ACCOUNTS, ORDERS, LINES):
        await defining(
            database, lambda db, d=definition: DEFINER.create_module(db, ModuleIn.model_validate(d))
        )
    async with database.connection() as db:
        await db.execute("""
            INSERT INTO whereupon.users (id, email, name) VALUES (7, 'ada@example.com', 'Ada');
            INSERT INTO whereupon.settings (key, value) VALUES ('organisation', '{"name": "Ökologie & Co"}');
            INSERT INTO data.accounts (id, name, country, manager) VALUES (1, 'Ångström <AB>', NULL, 7);
            INSERT INTO data.orders (id, number, amount, due, placed, status, tags, account) VALUES
              (1, 'A-1', 1234.5, '2026-11-22', '2026-07-01 10:00+00', 'open', '{vip}', 1),
              (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
            INSERT INTO data.order_lines ("order", text, price, account)
            VALUES (1, 'x', 10, 1), (1, 'y', 0.1, NULL);
        """)
        catalog = await load_catalog(db)
    return Scope(catalog, catalog.modules["orders"], row="n", data="r.data", user="7",
                 outputs={"ask": {"answer": TEXT, "rows": JSON}}, time_zone="Europe/Athens")  # fmt: skip


FROM = """
FROM data.orders n
CROSS JOIN (VALUES ('{"ask": {"answer": "yes", "rows": [{"x": 1}]}}'::jsonb)) AS r (data)"""


async def written(database: Database, template: Template, scope: Scope) -> list[str]:
    async with database.connection() as db:
        rows = await db.fetch(f"SELECT {template.context_sql(scope)} AS context {FROM} ORDER BY n.id")
    return [render(template.stored, row["context"]) for row in rows]


@pytest.mark.parametrize(
    ("source", "full", "empty"),
    [
        ("{{ record.number }} {{ record.id }}", "A-1 1", " 2"),
        ("{{ record.amount | money }} {{ record.amount }}", "1,234.50\u00a0EUR 1234.50", " "),
        ("{{ record.due | date: '%d.%m.%Y' }}", "22.11.2026", ""),
        ("{{ record.placed }}", "2026-07-01 13:00", ""),
        ("{{ record.status }} {{ record.tags }}", "Still open VIP", " "),
        ("{{ record.account }}/{{ record.account.name }}", "Ångström <AB>/Ångström <AB>", "/"),
        ("{{ record.account.manager.email }}", "ada@example.com", ""),
        ("{{ record.account.manager }}", "Ada", ""),
        ("{% if record.account %}yes{% else %}no{% endif %}", "yes", "no"),
        ("{% for l in record.order_lines %}{{ l.text }}={{ l.price }};{% endfor %}", "x=10.00;y=0.10;", ""),
        ("{{ record.order_lines | sum: 'price' | money: 'EUR' }}", "10.10\u00a0EUR", "0.00\u00a0EUR"),
        ("{{ record.order_lines | size }}", "2", "0"),
        ("{% for l in record.order_lines %}[{{ l.account.name }}]{% endfor %}", "[Ångström <AB>][]", ""),
        ("{% for l in record.account.order_lines %}{{ l.text }}{% endfor %}", "x", ""),
        (
            "{{ user.name }} {{ user.email }} {{ organisation.name }}",
            *(["Ada ada@example.com Ökologie & Co"] * 2),
        ),
        ("{{ organisation.phone }}", "", ""),
        ("{{ nodes.ask.answer }}{% for r in nodes.ask.rows %}{{ r.x }}{% endfor %}", "yes1", "yes1"),
        ("nothing", "nothing", "nothing"),
    ],
)
async def test_values_are_gathered(
    database: Database, scope: Scope, source: str, full: str, empty: str
) -> None:
    assert await written(database, parse(source, scope), scope) == [full, empty]


async def test_line_items_are_gathered(database: Database, scope: Scope) -> None:
    lines = scope.catalog.modules[scope.catalog.modules["orders"].fields["positions"].target or ""]
    async with database.connection() as db:
        rows = "(1, 'Tisch'), (1, 'Stuhl')"
        await db.execute(f"INSERT INTO {lines.sql} ({lines.parent_field}, product) VALUES {rows}")
    template = parse("{% for p in record.positions %}{{ forloop.index }}{{ p.product }} {% endfor %}", scope)
    assert await written(database, template, scope) == ["1Tisch 2Stuhl ", ""]


async def test_today_and_now_are_the_databases_in_the_zone_of_the_workflow(
    database: Database, scope: Scope
) -> None:
    async with database.connection() as db:
        expected: str = await db.fetchval("SELECT to_char(now() AT TIME ZONE 'Europe/Athens', 'YYYY-MM-DD')")
    [first, _] = await written(database, parse("{{ today }} {{ now | date: '%Y-%m-%d' }}", scope), scope)
    assert first == f"{expected} {expected}"


async def test_one_statement_queues_a_mail_for_every_record(database: Database, scope: Scope) -> None:
    subject = parse("Order {{ record.number }}", scope)
    html = parse(
        "<p>{{ record.account }}</p>{% for l in record.order_lines %}<i>{{ l.price }}</i>{% endfor %}",
        scope,
        html=True,
    )
    source = mail_source(subject=subject, html=html)
    async with database.transaction() as db:
        number = await source_id(db, "email", source)
        assert await source_id(db, "email", source) == number
        statement = queue_statement(f"""
            SELECT n.id, 1, 'mail', 0, 'email', 'a' || n.id || '@example.com', {number},
                   {context_sql([subject, html], scope)}, false {FROM}""")
        assert len(await db.fetch(statement)) == 2
        assert await db.fetch(statement) == []
        assert await db.fetchval("SELECT count(*) FROM whereupon.pgqueuer") == 1
        rows = await db.fetch("SELECT context, recipient FROM whereupon.messages ORDER BY id")
    letter = render_mail(source, rows[0]["context"], rows[0]["recipient"])
    assert letter["subject"] == "Order A-1"
    assert letter["html"] == "<p>Ångström &lt;AB&gt;</p><i>10.00</i><i>0.10</i>"
    assert letter["to"] == ["a1@example.com"]


async def test_a_source_written_by_a_transaction_that_failed_is_written_again(
    database: Database, scope: Scope
) -> None:
    source = mail_source(subject=parse("once", scope))
    async with database.connection() as db:
        failing = db.transaction()
        await failing.start()
        await source_id(db, "email", source)
        await source_id(db, "email", source)
        await failing.rollback()
    async with database.transaction() as db:
        number = await source_id(db, "email", source)
        assert await db.fetchval("SELECT count(*) FROM whereupon.message_sources WHERE id = $1", number) == 1
