"""What people write into mails, and what comes out."""

from __future__ import annotations

import time
from typing import Any

import pytest

from whereupon.conditions.values import DATE, DECIMAL, JSON, TEXT, Scope
from whereupon.errors import Invalid
from whereupon.modules.catalog import Catalog, Field, Module
from whereupon.templates.template import RenderingFailed, check, context_sql, parse, render


def module(key: str, *fields: Field, **options: Any) -> Module:
    return Module(
        id=1,
        key=key,
        label=key.title(),
        label_plural=key.title(),
        schema="data",
        table=key,
        key_columns=("id",),
        key_type="bigint",
        attached=False,
        read_only=False,
        system=False,
        captured=True,
        title_field=options.get("title"),
        owner_field=None,
        parent_field=options.get("parent"),
        fields={f.key: f for f in fields},
    )


def a(key: str, type: str = "text", **options: Any) -> Field:
    column = None if type in ("formula", "line_items") else key
    return Field(id=1, key=key, label=key.title(), type=type, column=column, options=options)


MODULES = [
    module(
        "orders", a("number"), a("amount", "money", currency="EUR"), a("weight", "decimal", scale=3),
        a("due", "date"), a("placed", "datetime"), a("at", "time"), a("notes", "long_text"),
        a("story", "rich_text"), a("paid", "boolean"), a("account", "reference", target="accounts"),
        a("owner", "user"), a("lines", "line_items", target="order_lines"),
        a("status", "select", choices=[{"key": "open", "label": "Still open"}, "done"]),
        a("tags", "multi_select", choices=[{"key": "vip", "label": "Very important"}]),
    ),
    module("order_lines", a("order", "reference", target="orders"), a("price", "money"), a("text"),
           a("quantity", "integer"), parent="order"),
    module("accounts", a("name"), a("country"), a("manager", "user"), title="name"),
    module("tasks", a("title"), a("order", "reference", target="orders")),
    module("links", a("one", "reference", target="orders"), a("two", "reference", target="orders")),
    module("users", a("name"), a("email", "email"), a("manager", "user"), title="name"),
]  # fmt: skip
CATALOG = Catalog({m.key: m for m in MODULES}, 1)
SCOPE = Scope(
    CATALOG,
    CATALOG.modules["orders"],
    row="n",
    old="o",
    data="r.data",
    user="r.user_id",
    outputs={"ask": {"answer": TEXT, "sum": DECIMAL, "day": DATE, "rows": JSON}},
    time_zone="Europe/Athens",
)

RECORD: dict[str, Any] = {
    "number": "A-1", "amount": "1234.5000", "weight": "2.500", "due": "2026-11-22",
    "placed": "2026-11-22T10:30:00+00:00", "at": "10:30:00", "notes": "<b>hi</b>",
    "paid": True, "status": "open",
    "story": "<p>One</p><script>x</script>", "tags": ["vip", "new"],
    "account": {"": "Ångström & Co", "name": "Å", "country": None},
    "lines": [{"price": "10.00", "text": "a", "quantity": 2}, {"price": "0.10", "text": "b", "quantity": 1}],
}  # fmt: skip
CONTEXT: dict[str, Any] = {
    "record": RECORD, "today": "2026-11-22", "now": "2026-11-22T10:30:00+00:00",
    "organisation": {"name": "Ökologie ΑΕ"}, "user": {"name": "Ada"},
    "nodes": {"ask": {"answer": "yes", "sum": "7.10", "day": "2026-01-02", "rows": [{"x": 1}]}},
}  # fmt: skip


def written(source: str, *, html: bool = False, **changes: Any) -> str:
    return render(parse(source, SCOPE, html=html).stored, CONTEXT | {"record": RECORD | changes})


WRITTEN = [
    ("{{ record.number }}", "A-1"),
    ("{{ record.amount }}", "1234.50"),
    ("{{ record.amount | money }}", "1,234.50\u00a0EUR"),
    ("{{ record.amount | money: 'USD', 'de' }}", "1.234,50\u00a0USD"),
    ("{{ record.amount | times: 1.24 }}", "1530.78"),
    ("{{ record.amount | divided_by: 3 | round: 2 }}", "411.50"),
    ("{{ record.amount | plus: 0.1 | minus: 0.3 }}", "1234.30"),
    ("{{ 0.1 | plus: 0.2 }}", "0.3"),
    ("{{ 7 | divided_by: 2 }}", "3"),
    ("{{ -7 | modulo: 3 }}", "2"),
    ("{{ 2.5 | round }}", "3"),
    ("{{ -1234.5 | number }}", "-1,234.50"),
    ("{{ record.weight }}", "2.50"),
    ("{{ record.weight | number: 1, 'el' }}", "2,5"),
    ("{{ record.due }}", "2026-11-22"),
    ("{{ record.due | date: '%d/%m/%Y' }}", "22/11/2026"),
    ("{{ record.placed }}", "2026-11-22 12:30"),
    ("{{ record.placed | date: '%-d %B %Y, %H:%M' }}", "22 November 2026, 12:30"),
    ("{{ record.at }}", "10:30"),
    ("{{ today }} {{ now | date: '%H:%M' }}", "2026-11-22 12:30"),
    ("{% if record.due > today %}late{% else %}not yet{% endif %}", "not yet"),
    ("{% if record.due == '2026-11-22' %}yes{% endif %}", "yes"),
    ("{% if record.amount > 1000 %}big{% endif %}", "big"),
    ("{{ record.paid }}", "true"),
    ("{{ record.status }}", "Still open"),
    (
        "{% if record.status == 'open' %}o{% endif %}{% case record.status %}{% when 'open' %}p{% endcase %}",
        "op",
    ),
    ("{{ record.tags }}", "Very important, new"),
    ("{% for tag in record.tags %}[{{ tag }}]{% endfor %}{{ record.tags.size }}", "[Very important][new]2"),
    ("{% if record.tags contains 'vip' %}v{% endif %}", "v"),
    ("{{ record.account }}", "Ångström & Co"),
    ("{{ record.account.name }}|{{ record.account.country }}|", "Å||"),
    ("{{ record.account.country | default: 'unknown' }}", "unknown"),
    (
        "{% for l in record.lines %}{{ forloop.index }}:{{ l.text }}={{ l.price }} {% endfor %}",
        "1:a=10.00 2:b=0.10 ",
    ),
    ("{{ record.lines | size }} {{ record.lines.size }}", "2 2"),
    (
        "{{ record.lines | map: 'price' | sum }} {{ record.lines | sum: 'price' | money: 'EUR' }}",
        "10.10 10.10\u00a0EUR",
    ),
    ("{% assign first = record.lines | where: 'text', 'b' | first %}{{ first.price }}", "0.10"),
    ("{{ record.lines[0].text }}{{ record.lines.last.text }}", "ab"),
    (
        "{% assign t = 0 %}{% for l in record.lines %}{% assign p = l.price | times: l.quantity %}"
        "{% assign t = t | plus: p %}{% endfor %}{{ t }}",
        "20.10",
    ),
    ("{{ record.story }}", "One"),
    ("{{ organisation.name }} {{ user.name }}", "Ökologie ΑΕ Ada"),
    ("{{ nodes.ask.answer }} {{ nodes.ask.sum }} {{ nodes.ask.day | date: '%Y' }}", "yes 7.1 2026"),
    ("{% for row in nodes.ask.rows %}{{ row.x }}{% endfor %}", "1"),
    ("{% for i in (1..3) %}{{ i }}{% endfor %}", "123"),
    ("no names at all", "no names at all"),
    ("", ""),
    ("Καλημέρα {{ record.number }} 🙂", "Καλημέρα A-1 🙂"),
    ("{{ record.number | upcase | append: '!' | replace: 'A', 'B' }}", "B-1!"),
    ("{% comment %}{{ nobody.knows }}{% endcomment %}x", "x"),
]


@pytest.mark.parametrize(("source", "expected"), WRITTEN)
def test_a_text_is_written_from_the_record(source: str, expected: str) -> None:
    assert written(source) == expected


EVERY_FIELD = "|".join(f"{{{{ record.{key} }}}}" for key in RECORD if key not in ("lines", "account"))


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize("nothing", [{"record": None}, {"record": {}}, {}, {"record": dict.fromkeys(RECORD)}])
def test_a_missing_value_prints_as_nothing(nothing: dict[str, Any], html: bool) -> None:
    source = EVERY_FIELD + "{{ record.account.name }}{% for line in record.lines %}x{% endfor %}"
    assert set(render(parse(source, SCOPE, html=html).stored, nothing)) == {"|"}


@pytest.mark.parametrize(
    "source",
    [
        "{{ record.due | date: '%d' }}",
        "{{ record.amount | money }}",
        "{{ record.amount | number }}",
        "{{ record.notes | upcase }}",
        "{{ record.lines | map: 'text' | join: ',' }}",
        "{{ record.tags | join: ', ' }}",
        "{{ record.notes | replace: 'a', 'b' }}",
    ],
)
def test_a_filter_makes_nothing_of_nothing(source: str) -> None:
    assert render(parse(source, SCOPE).stored, {"record": dict.fromkeys(RECORD)}) == ""


MISTAKES = [
    ("Dear\n  {{ record.nmae }}", 'Line 2, column 6: Orders has no field "nmae".', None),
    ("{{ record.acount.name }}", 'no field "acount"', 'Did you mean "account"'),
    ("{{ record.account.nam }}", 'Line 1, column 4: Accounts has no field "nam".', 'Did you mean "name"?'),
    ("{{ reccord.number }}", 'There is nothing called "reccord".', 'Did you mean "record"?'),
    ("{{ organisation.nmae }}", '"organisation" has no "nmae".', 'Did you mean "name"?'),
    ("{{ nodes.asc.answer }}", '"nodes" has no "asc".', 'Did you mean "ask"?'),
    ("{{ nodes.ask.anser }}", 'has no "anser"', 'Did you mean "answer"?'),
    ("{{ record }}", '"record" is not one value', 'For example "record.number".'),
    ("{{ record.lines }}", '"record.lines" is not one value', "Loop over it"),
    ("{{ record.lines.text }}", "is a list of records", "Loop over it"),
    ("{{ record.links.size }}", "linked to Orders in several ways", 'record["links.one"]'),
    ("{% for x in record.number %}{% endfor %}", "is not a list", None),
    (
        "{% for line in record.lines %}{{ line.pirce }}{% endfor %}",
        'no field "pirce"',
        'Did you mean "price"?',
    ),
    ("{{ record.lines | map: 'pirce' }}", 'no field "pirce"', 'Did you mean "price"?'),
    ("{{ record[record.number] }}", "write the name out", None),
    ("{{ record.number.length }}", "is one value", None),
    ("{{ record.number | upcas }}", 'There is no filter "upcas".', 'Did you mean "upcase"?'),
    ("{{ record.number | upcase: 1, 2 }}", 'The filter "upcase"', None),
    ("{{ record.number | safe }}", 'There is no filter "safe".', None),
    ("{{ record.number", "Line 1, column", None),
    ("{% if record.number %}", "Line 1", None),
    ("{% include 'x' %}", "Line 1", None),
    ("{% for i in (1..100000000) %}{% endfor %}", "more than 10,000 numbers", None),
    ("\0", "NUL", None),
    ("\ud800", "half a character", None),
    ("x" * 200_001, "200,000 characters", None),
    ("{% if a %}" * 100, "Line 1", None),
]


@pytest.mark.parametrize(("source", "message", "suggestion"), MISTAKES)
def test_a_mistake_is_named_with_its_place_when_saved(
    source: str, message: str, suggestion: str | None
) -> None:
    with pytest.raises(Invalid) as caught:
        parse(source, SCOPE)
    first = caught.value.problems[0]
    assert message in first.message
    assert suggestion is None or suggestion in (first.suggestion or "")


def test_every_mistake_is_named_at_once_and_under_its_path() -> None:
    problems = check("{{ record.a1 }} {{ user.b2 }} {{ record.number | c3 }}", SCOPE, path="/config/subject")
    assert [p.path for p in problems] == ["/config/subject"] * 3
    assert [word in p.message for word, p in zip(("a1", "b2", "c3"), problems, strict=True)] == [True] * 3


def test_names_that_have_no_meaning_here_are_refused() -> None:
    nowhere = Scope(CATALOG, None)
    found = check("{{ record.x }}{{ old.x }}{{ user.name }}{{ nodes.a.b }}", nowhere)
    assert [p.code for p in found] == ["unknown_name"] * 4
    assert check("{{ organisation.name }} {{ today }}", nowhere) == []


def test_a_name_of_either_branch_is_gathered() -> None:
    source = (
        "{% if record.paid %}{% assign x = record.account %}{% else %}{% assign x = record.owner %}"
        "{% endif %}{{ x.name }}"
    )
    sql = parse(source, SCOPE).context_sql(SCOPE)
    assert '"accounts"' in sql
    assert '"users"' in sql


POLYGLOT = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    "{{ record.number }}{% raw %}=1+1\r\nBcc: x@y\u202e${7*7}"
)
SINKS = [
    f"{{{{ record.{key} }}}}"
    for key in ("number", "notes", "status", "at", "due", "placed", "story", "account")
] + [
    "{{ record.number | append: record.notes }}",
    "{{ '<i>' | append: record.number }}",
    "{% capture x %}{{ record.number }}{% endcapture %}{{ x }}",
    "{{ record.number | newline_to_br }}",
    "{{ record.number | replace: 'a', record.notes }}",
    "{{ record.tags | join: record.number }}",
    "{{ record.number | url_encode | url_decode }}",
    "{{ record.number | split: '' | join: '' }}",
    "{{ record.number | escape_once }}",
    "{{ record.number | strip_html }}",
    "{{ record.number | default: 'x' }}",
    "{{ record.due | date: '%Y' }}",
    "{% cycle record.number, 'b' %}",
    "{{ record.tags }}",
    "{{ record.number | truncate: 80 | strip_newlines | squish }}",
]


@pytest.mark.parametrize("source", SINKS)
def test_a_value_is_never_evaluated_and_never_becomes_markup(source: str) -> None:
    fields = dict.fromkeys(("number", "notes", "status", "at", "due", "placed", "story"), POLYGLOT)
    text = written(source, html=True, **fields, tags=[POLYGLOT] * 2, account={"": POLYGLOT})
    assert "<script" not in text
    assert "onerror" not in text or "<img src=x onerror" not in text
    assert "A-1" not in text


def test_a_plain_text_keeps_a_value_as_it_is() -> None:
    assert written("{{ record.number }}", number=POLYGLOT) == POLYGLOT.replace("\r\n", "\n")


def test_rich_text_keeps_its_harmless_marks_in_html() -> None:
    assert written("{{ record.story }}", html=True) == "<p>One</p>"


HANGING = [
    "{% assign n = 100000000 %}{% for i in (1..n) %}x{% endfor %}",
    "{% assign n = 99999999999999999999999 %}{{ (1..n) | join: ',' }}",
    "{% assign n = 1000000000 %}{% assign r = (1..n) %}{% if r contains 'x' %}{% endif %}",
    "{% assign n = 100000000 %}{{ (1..n) | size }}",
    "{% assign x = 'aaaaaaaaaa' %}" + "{% assign x = x | append: x %}" * 40 + "{{ x }}",
    "{% assign x = record.number %}" + "{% assign x = x | replace: 'a', x %}" * 12 + "{{ x | size }}",
    "{% for i in (1..5000) %}{% for j in (1..5000) %}{{ j }}{% endfor %}{% endfor %}",
    "{% for i in (1..9000) %}{% endfor %}" * 4,
    "{{ record.number | split: '' | join: record.number }}",
    "{% for i in (1..9999) %}" + "{{ record.number }}" * 40 + "{% endfor %}",
    "{{ record.due | date: '%1000000000Y' }}",
    "{{ 9 | divided_by: 0 }}",
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("source", HANGING)
def test_a_text_that_would_hang_is_stopped(source: str) -> None:
    began = time.monotonic()
    with pytest.raises(RenderingFailed):
        written(source, number="a" * 3000)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("filters", ["times: record.amount | times: record.amount", "round: 900"])
def test_a_huge_number_does_no_harm(filters: str) -> None:
    try:
        text = written(f"{{{{ record.amount | {filters} }}}}", amount="9" * 40)
    except RenderingFailed as error:
        text = error.message
    assert len(text) < 200


def test_rendering_is_repeatable_and_leaves_its_values_alone() -> None:
    before = repr(CONTEXT)
    stored = parse(EVERY_FIELD, SCOPE).stored
    assert render(stored, CONTEXT) == render(stored, CONTEXT)
    assert repr(CONTEXT) == before


def test_subject_and_body_share_one_context() -> None:
    subject = parse("{{ record.number }} {{ record.account }}", SCOPE)
    body = parse(
        "{{ record.account.name }}{% for l in record.lines %}{{ l.price }}{% endfor %}", SCOPE, html=True
    )
    sql = context_sql([subject, body], SCOPE)
    assert sql.count("'account'") == 1
    assert "'number'" in sql
    assert "'lines'" in sql
    assert body.reads >= {"orders.account", "accounts.name", "order_lines.price", "order_lines.order"}
    assert context_sql([subject, body], SCOPE) == sql
