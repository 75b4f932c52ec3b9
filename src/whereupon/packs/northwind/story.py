"""A day at Northwind: its own programs write by plain SQL, and never hear of Whereupon."""

from __future__ import annotations

from typing import Any

from whereupon.packs.scenarios import Day, Scenario

ADD_CUSTOMER = """
INSERT INTO northwind.customers (customer_id, company_name, contact_name, country)
SELECT 'W' || lpad((count(*) + 1)::text, 4, '0'), $1::varchar, $2::varchar, 'Iceland'
FROM northwind.customers WHERE customer_id LIKE 'W____' RETURNING customer_id
"""
ADD_ORDER = """
INSERT INTO northwind.orders
  (order_id, customer_id, employee_id, order_date, required_date, shipped_date, ship_via, freight)
SELECT max(order_id) + 1, $1::varchar, $2::int, current_date - 20, current_date + $3::int,
       current_date + $4::int, 3, 12.5
FROM northwind.orders RETURNING order_id::text
"""
SET_STOCK = (
    "UPDATE northwind.products SET units_in_stock = reorder_level + $2::int WHERE product_id = $1::int"
)
# Late orders for which nobody has a task yet: the workflow sees to each order once.
LATE = """
SELECT count(*) FROM northwind.orders o
WHERE o.required_date < current_date AND o.shipped_date IS NULL AND NOT EXISTS (
  SELECT 1 FROM whereupon.claims c JOIN whereupon.workflows w ON w.id = c.workflow_id
  WHERE w.key = 'northwind_order_late' AND c.record_id = o.order_id::text)
"""
OLDEST = LATE + " AND o.order_id = 11008"
ADD_FREIGHT = "UPDATE northwind.orders SET freight = freight + 1 WHERE order_id = $1::text::int"
FULLER, BUCHANAN = "andrew.fuller@northwind.example", "steven.buchanan@northwind.example"
SUYAMA, VICE_PRESIDENT, SYRUP, CHAI = 6, 2, 3, 1


async def order(day: Day, does: str, customer: str, employee: int, required: int, shipped: int | None) -> str:
    """An order entered by the firm's own program; days count from today."""
    entered: str = await day.program(
        f"The order program enters an order {does}", ADD_ORDER, customer, employee, required, shipped
    )
    return entered


async def late_orders(day: Day) -> None:
    """32: a task for the manager of whoever took it; orders in time or on their way get none."""
    late = await order(day, "of Michael Suyama, required yesterday", "ERNSH", SUYAMA, -1, None)
    nobody_above = await order(
        day, "of Andrew Fuller, required two days ago", "QUICK", VICE_PRESIDENT, -2, None
    )
    in_time = await order(day, "that is required next week", "FOLKO", SUYAMA, 7, None)
    shipped = await order(day, "that was late, but is shipped", "HUNGO", SUYAMA, -3, -1)
    late_now, oldest = await day.value(LATE), await day.value(OLDEST)
    await day.start("northwind_order_late", "It is seven in the morning: the late orders are looked through")
    await day.quiet()

    made = await day.outcome()
    day.expect("Tasks, one for each late order", len(made.tasks), late_now)
    by_order = {task["record_id"]: task for task in made.tasks}
    assignees = {key: task["assignee"] for key, task in by_order.items()}
    day.expect("Who must see to Suyama’s order", assignees.get(late), BUCHANAN)
    day.expect("Who must see to Fuller’s own order", assignees.get(nobody_above), FULLER)
    day.expect(
        "Who must see to order 11008 of Robert King", assignees.get("11008"), BUCHANAN if oldest else None
    )
    day.expect("Orders that are not late", sorted({in_time, shipped} & by_order.keys()), [])
    day.expect("The task", by_order[late]["title"], f"Order {late} for Ernst Handel is late")
    await day.why("northwind_order_late", late)
    for key in (in_time, shipped):
        await day.why_not("northwind_order_late", key)


async def stock_low(day: Day) -> None:
    """33: once when it falls below, not while it stays there, never above."""

    async def stock(product: int, above: int) -> None:
        level = "the reorder level" if above == 0 else f"{abs(above)} {'above' if above > 0 else 'below'} it"
        what = "Aniseed Syrup" if product == SYRUP else "Chai, which is discontinued,"
        await day.program(f"The till sets the stock of {what} to {level}", SET_STOCK, product, above)
        await day.quiet()

    await stock(SYRUP, 12)
    await stock(SYRUP, 0)
    day.expect("Notifications at the reorder level", len((await day.outcome()).notifications), 0)
    await day.why_not("northwind_stock_low", str(SYRUP))

    await stock(SYRUP, -2)
    await day.why("northwind_stock_low", str(SYRUP))
    await stock(SYRUP, -4)
    await stock(CHAI, 1)
    await stock(CHAI, -1)
    await day.why_not("northwind_stock_low", str(CHAI))

    made = await day.outcome()
    left = await day.value("SELECT reorder_level - 2 FROM northwind.products WHERE product_id = $1", SYRUP)
    told = [(note["to"], note["title"]) for note in made.notifications]
    day.expect("Who was told", told, [("laura.callahan@northwind.example", f"Aniseed Syrup: {left} left")])
    day.expect_runs("Runs", made, 1)


async def welcome_back(day: Day) -> None:
    """34: one mail, to a customer who ordered before; a first order and a changed one bring none."""
    back = await order(day, "of Save-a-lot Markets, an old customer", "SAVEA", SUYAMA, 10, None)
    arguments: tuple[Any, ...] = ("Fiskbúðin Sæbjörg", "Þorgerður Ásgeirsdóttir")
    customer = await day.program("It enters a new customer, Fiskbúðin Sæbjörg", ADD_CUSTOMER, *arguments)
    first = await order(day, "of Fiskbúðin Sæbjörg, the first", customer, SUYAMA, 10, None)
    await day.quiet()
    await day.program("It notes the freight of the old customer’s order", ADD_FREIGHT, back)
    await day.quiet()

    made = await day.outcome(record_id=back)
    day.expect_runs("Runs for the old customer’s order", made, 1)
    day.expect_mails("Mails to the old customer", made, "savea@customers.example")
    day.expect("Subject", made.messages[0]["rendered"]["subject"], "Welcome back, Jose Pavarotti")
    day.expect_in("The mail", made.messages[0]["rendered"]["text"], f"order {back}")
    day.expect_runs("Runs for the first order", await day.outcome(record_id=first), 0)
    await day.why("northwind_welcome_back", back)
    await day.why_not("northwind_welcome_back", first)


SCENARIOS = (
    Scenario(
        32,
        "Order past its required date, not shipped → task for the manager",
        ("northwind_order_late",),
        late_orders,
    ),
    Scenario(33, "Stock below the reorder level → notification", ("northwind_stock_low",), stock_low),
    Scenario(
        34, "Order inserted by another program → welcome-back mail", ("northwind_welcome_back",), welcome_back
    ),
)
