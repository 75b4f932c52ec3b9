"""What may stand in the cells of a planning sheet, and what is said of the rest; without a database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whereupon.modules.catalog import Catalog, Field, Module
from whereupon.planning.conditions import CHOICES, Unsayable, write_conditions
from whereupon.planning.contents import (
    Content,
    as_html,
    read_attachments,
    read_category,
    read_content,
    write_attachments,
    write_content,
)
from whereupon.planning.people import read_people, write_people
from whereupon.planning.sheet import header_of, recognised
from whereupon.planning.times import read_time, write_trigger, write_wait
from whereupon.planning.updates import read_update, write_update
from whereupon.planning.words import Unclear

GROUPS = {"course_office": "Course office", "team": "Ομάδα"}


def field(nr: int, key: str, label: str, type_: str = "text", **options: Any) -> Field:
    choices = [{"key": k, "label": v} for k, v in options.pop("choices", {}).items()]
    return Field(nr, key, label, type_, key, options=options | ({"choices": choices} if choices else {}))


def module(nr: int, key: str, label: str, *fields: Field, owner: str | None = None) -> Module:
    return Module(
        nr, key, label, f"{label}s", "data", key, ("id",), "bigint", False, False, False, True, None, owner,
        None, {one.key: one for one in fields},
    )  # fmt: skip


STATUS = {"booked": "Booked", "cancelled": "Cancelled", "on_hold": "Is on hold", "ready": "Έτοιμο"}
DELEGATES = module(
    1, "delegates", "Delegate", field(1, "name", "Name"), field(2, "email", "E-mail", "email"),
    field(3, "manager", "Manager", "reference", target="delegates"),
)  # fmt: skip
DATES = module(
    2, "course_dates", "Course date", field(4, "starts_on", "Starts on", "date"),
    field(5, "due_on", "Due on", "date"), field(6, "trainer", "Trainer", "user"), owner="trainer",
)  # fmt: skip
BOOKINGS = module(
    3, "bookings", "Booking", field(7, "delegate", "Delegate", "reference", target="delegates"),
    field(8, "course_date", "Course date", "reference", target="course_dates"),
    field(9, "status", "Status", "select", choices=STATUS), field(10, "amount", "Amount", "decimal"),
    field(11, "remark", "Remark, if any", "text"), field(12, "paid", "Πληρωμένο", "boolean"),
    field(13, "booked_on", "Booked on", "date"),
)  # fmt: skip
USERS = replace(module(4, "users", "User", field(14, "email", "Email", "email")), system=True)
CATALOG = Catalog({m.key: m for m in (DELEGATES, DATES, BOOKINGS, USERS)}, 1)


@pytest.mark.parametrize(
    ("said", "key", "trigger"),
    [
        ("Booking is created", "bookings", {"trigger": "record_created"}),
        ("  the BOOKINGS  is Deleted ", "bookings", {"trigger": "record_deleted"}),
        ("Booking is changed", "bookings", {"trigger": "record_updated"}),
        ("Booking is created or updated", "bookings",
         {"trigger": "record_updated", "also_on_creation": True}),
        ("Booking: Status becomes Έτοιμο", "bookings",
         {"trigger": "stage_entered", "field": "status", "to": "ready"}),
        ("booking: amount, Πληρωμένο changes", "bookings",
         {"trigger": "record_updated", "fields": ["amount", "paid"]}),
        ("Course date", "course_dates", None),
    ],
)  # fmt: skip
def test_an_update_is_read(said: str, key: str, trigger: Any) -> None:
    update = read_update(said, CATALOG)
    assert (update.module.key, update.trigger, update.filter) == (key, trigger, None)


@pytest.mark.parametrize(
    ("said", "condition"),
    [
        ("Status is Cancelled", {"field": "status", "operator": "equals", "value": "cancelled"}),
        ("Status is not on_hold", {"field": "status", "operator": "not_equals", "value": "on_hold"}),
        ("Amount is at least 12.50", {"field": "amount", "operator": "at_least", "value": 12.5}),
        ("Booked on is before today",
         {"field": "booked_on", "operator": "less_than", "value": {"dynamic": "today"}}),
        ("Delegate → E-mail is not empty", {"field": "delegate.email", "operator": "is_not_empty"}),
        ('delegate.name begins with "Ελ and is ""x"""',
         {"field": "delegate.name", "operator": "begins_with", "value": 'Ελ and is "x"'}),
        ("Πληρωμένο is no", {"field": "paid", "operator": "equals", "value": False}),
    ],
)  # fmt: skip
def test_a_condition_is_read(said: str, condition: Any) -> None:
    assert read_update(f"Booking is created, if {said}", CATALOG).filter == condition


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("When a delegate has made a booking", "Booking is created"),
        ("a booking has been cancelled", "Booking: Status becomes Cancelled"),
        ("When a delegate has cancelled their place on a course date", "Booking: Status becomes Cancelled"),
        ("Booking: Amount becomes 5", "Booking: Amount changes"),
        ("the booking", "Booking is created"),
        ("", None),
        ("Κράτηση", None),
        ("Booking: Statsu becomes Cancelled", None),
        ("Booking is created, if Status", None),
    ],
)
def test_an_unclear_update_is_told_with_what_could_be_meant(said: str, instead: str | None) -> None:
    with pytest.raises(Unclear) as unclear:
        read_update(said, CATALOG)
    assert unclear.value.instead == instead
    assert unclear.value.suggestion


@pytest.mark.parametrize(
    ("said", "people"),
    [
        ("delegate.email", [{"field": "delegate.email"}]),
        ("booking.delegate.manager", [{"field": "delegate.manager.email"}]),
        ("Delegate → Manager → E-mail; Delegate",
         [{"field": "delegate.manager.email"}, {"field": "delegate.email"}]),
        ("group ομάδα\nα@δοκιμή.gr", [{"group": "team"}, {"address": "α@δοκιμή.gr"}]),
        ("Delegate; delegate.email", [{"field": "delegate.email"}]),
    ],
)  # fmt: skip
def test_people_are_found(said: str, people: Any) -> None:
    assert read_people(said, BOOKINGS, CATALOG, GROUPS) == people


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("Delegates manager", "delegate.manager.email"),
        ("delegate's e-mail", "delegate.email"),
        ("the trainer", "course_date.trainer"),
        ("Delegate; the course office", "Delegate; group course_office"),
        ("everybody", None),
        ("owner", None),
        ("", None),
    ],
)
def test_people_who_are_not_found_are_told_with_who_could_be_meant(said: str, instead: str | None) -> None:
    with pytest.raises(Unclear) as unclear:
        read_people(said, BOOKINGS, CATALOG, GROUPS)
    assert unclear.value.instead == instead
    assert unclear.value.suggestion


AFTER = {"trigger": "date_reached", "field": "due_on", "amount": 30, "unit": "days"}


@pytest.mark.parametrize(
    ("said", "wait", "trigger"),
    [
        ("", None, None),
        ("At once.", None, None),
        ("2 min after", {"duration": {"amount": 2, "unit": "minutes"}}, None),
        ("30 days overdue", None, AFTER),
        ("14 days before the starts on at 8:05", None,
         AFTER | {"field": "starts_on", "amount": -14, "time_of_day": "08:05"}),
        ("on Due on", None, AFTER | {"amount": 0}),
        ("every Sunday at 23:00", None, {"trigger": "schedule", "cron": "0 23 * * 0"}),
        ("cron  0 8  * * 1-5", None, {"trigger": "schedule", "cron": "0 8 * * 1-5"}),
    ],
)  # fmt: skip
def test_a_time_is_read(said: str, wait: Any, trigger: Any) -> None:
    time = read_time(said, DATES)
    assert (time.wait, time.trigger) == (wait, trigger)


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("14 days before the course start date", None),
        ("2 days", "2 days after"),
        ("every day", "every day at 08:00"),
        ("every day at 25:00", None),
        ("14 days before starts no", "14 days before Starts on"),
        ("όποτε", None),
    ],
)
def test_an_unclear_time_is_told(said: str, instead: str | None) -> None:
    with pytest.raises(Unclear) as unclear:
        read_time(said, DATES)
    assert instead is None or unclear.value.instead == instead
    assert unclear.value.suggestion


@pytest.mark.parametrize("said", ["", "Only one line", "x" * 1_001 + "\n\ny", "Template: Not A Key"])
def test_content_without_a_text_is_told(said: str) -> None:
    with pytest.raises(Unclear):
        read_content(said)


def test_content_is_a_subject_and_a_text() -> None:
    assert read_content("Subject: Γειά\r\n\r\nDear {{ x }}\r\n1 < 2") == Content(
        subject="Γειά", text="Dear {{ x }}\n1 < 2"
    )
    assert read_content("template: welcome") == Content(template="welcome")
    assert as_html("a {{ b < c }}\n\n<i>") == "<p>a {{ b < c }}</p>\n<p>&lt;i&gt;</p>"


@pytest.mark.parametrize(
    ("said", "means"),
    [("Finance", "finance"), ("system notifications", "admin"), ("", None), (" CUSTOMER ", "customer")],
)
def test_a_category_is_read(said: str, means: str | None) -> None:
    assert read_category(said) == means


@pytest.mark.parametrize(("said", "instead"), [("Automated financial mail", "Finance"), ("Πελάτης", None)])
def test_an_unknown_category_is_told(said: str, instead: str | None) -> None:
    with pytest.raises(Unclear) as unclear:
        read_category(said)
    assert unclear.value.instead == instead


# There and back ------------------------------------------------------------------------------------

OWN = ("status", "amount", "remark", "paid", "booked_on")


@st.composite
def comparisons(draw: st.DrawFn) -> dict[str, Any]:
    key = draw(st.sampled_from(OWN))
    if draw(st.booleans()):
        return {"field": key, "operator": draw(st.sampled_from(["is_empty", "is_not_empty", "has_changed"]))}
    operator = draw(st.sampled_from(["equals", "not_equals", "less_than", "at_least", "contains"]))
    values: dict[str, st.SearchStrategy[Any]] = {
        "status": st.sampled_from(list(STATUS)), "amount": st.integers(-(10**9), 10**9),
        "remark": st.text(max_size=20).filter(lambda t: not set("“”\n") & set(t) and t == t.strip()),
        "paid": st.booleans(), "booked_on": st.sampled_from([{"dynamic": "today"}, "2026-11-22"]),
    }  # fmt: skip
    return {"field": key, "operator": operator, "value": draw(values[key])}


@given(st.lists(comparisons(), min_size=2, max_size=3) | comparisons())
@settings(max_examples=120, deadline=None)
def test_conditions_come_back_as_they_were(drawn: Any) -> None:
    condition = {"all": drawn} if isinstance(drawn, list) else drawn
    words = write_conditions(condition, BOOKINGS, CATALOG)
    assert read_update(f"Booking is created, if {words}", CATALOG).filter == condition


TRIGGERS = [
    {"trigger": "record_created"}, {"trigger": "record_deleted"}, {"trigger": "record_updated"},
    {"trigger": "record_updated", "also_on_creation": True},
    {"trigger": "record_updated", "fields": ["remark", "status"]},
    *({"trigger": "stage_entered", "field": "status", "to": to} for to in STATUS),
]  # fmt: skip


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_updates_come_back_as_they_were(trigger: dict[str, Any]) -> None:
    words = write_update(BOOKINGS, trigger, None, CATALOG)
    assert (read_update(words, CATALOG).trigger, read_update(words, CATALOG).module) == (trigger, BOOKINGS)


@given(
    st.integers(-500, 500), st.sampled_from(["minutes", "hours", "days", "working_days", "weeks", "months"]),
    st.none() | st.just("07:30"), st.sampled_from(["starts_on", "due_on"]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_times_come_back_as_they_were(amount: int, unit: str, at: str | None, key: str) -> None:
    trigger = {"trigger": "date_reached", "field": key, "amount": amount, "unit": unit if amount else "days"}
    trigger |= {"time_of_day": at} if at else {}
    assert read_time(write_trigger(trigger, DATES), DATES).trigger == trigger
    wait = {"amount": abs(amount), "unit": unit}
    assert read_time(write_wait(wait), DATES).wait == {"duration": wait}


@given(
    st.sampled_from(
        ["0 8 * * *", "0 * * * *", "5 23 * * 1-5", "30 0 * * 6", "0 7 15 * *", "*/5 * * * *", "0 8 1,15 * *"]
    )
)
def test_schedules_come_back_as_they_were(cron: str) -> None:
    trigger = {"trigger": "schedule", "cron": cron}
    assert read_time(write_trigger(trigger, DATES), DATES).trigger == trigger


@given(
    st.text(min_size=1, max_size=30).map(lambda t: " ".join(t.split())).filter(lambda t: bool(t)),
    st.text(min_size=1, max_size=60).map(lambda t: t.replace("\r", "").strip()).filter(bool),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_content_comes_back_as_it_was_or_is_not_written(subject: str, text: str) -> None:
    content = Content(subject=subject, text=text)
    try:
        words = write_content(content)
    except Unsayable:
        return
    assert read_content(words) == content


@pytest.mark.parametrize(
    "people",
    [[{"owner": True}], [{"group": "team"}, {"address": "a@b.gr"}], [{"field": "course_date.trainer"}]],
)
def test_people_come_back_as_they_were(people: Any) -> None:
    module = replace(BOOKINGS, owner_field="delegate")
    assert read_people(write_people(people), module, CATALOG, GROUPS) == people


@pytest.mark.parametrize(
    "files",
    [[], [{"documents": True}], [{"documents": True, "name": "Άδεια*.pdf"}, {"field": "a.b"}]],
)
def test_attachments_come_back_as_they_were(files: Any) -> None:
    assert read_attachments(write_attachments(files)) == files


def test_a_choice_field_is_what_the_words_know() -> None:
    assert BOOKINGS.fields["status"].type in CHOICES


# Headers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        ["What the email is", "On which update", "To whom", "When", "Content", "Attachments", "Category"],
        ["", "CONTENT:", "to whom?", "Based on what update the email should send", "What", "Notes"],
        ["Conten", "What the emial is", "On wich update", "To  whom"],
    ],
)
def test_a_header_is_found_below_titles(row: list[str]) -> None:
    place, columns = header_of([["Plan of the year 2026", "", ""], [], row, ["x"] * 7])
    assert place == 2
    assert {"what", "update", "who", "content"} <= set(columns.values())
    assert recognised(["Τι", "Πότε", ""]) == {}
