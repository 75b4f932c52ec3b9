"""Each destination gets as many calls at once as it can take; who is down is left alone for a while."""

from __future__ import annotations

import pytest

from whereupon.workers.destinations import (
    AT_ONCE,
    FAILURES,
    FIRST,
    FORGET_AFTER,
    MOST,
    MOST_WAITING,
    OPEN_FIRST,
    OPEN_LONGEST,
    SLOW_AFTER,
    Destinations,
)


class Clock:
    """A time that is set by hand."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def known(clock: Clock) -> Destinations:
    return Destinations(clock)


def call(known: Destinations, name: str, *, answered: bool, times: int = 1) -> None:
    for number in range(times):
        known.begin(name, number)
        known.end(name, number, answered=answered)


def test_who_answers_gets_more_at_once_and_never_more_than_the_most(known: Destinations) -> None:
    call(known, "a:443", answered=True)
    assert known.room().places["a:443"] == FIRST + 1
    call(known, "a:443", answered=True, times=500)
    assert known.room().places["a:443"] == MOST


def test_who_fails_gets_half_as_many_and_at_least_one(known: Destinations) -> None:
    call(known, "a:443", answered=True, times=40)
    before = known.room().places["a:443"]
    call(known, "a:443", answered=False)
    assert known.room().places["a:443"] == before // 2
    call(known, "b:443", answered=False, times=FAILURES - 1)
    assert known.room().places["b:443"] == 1


def test_an_answer_between_failures_keeps_the_circuit_closed(known: Destinations) -> None:
    for _ in range(20):
        call(known, "a:443", answered=False, times=FAILURES - 1)
        call(known, "a:443", answered=True)
    assert known.room().places["a:443"] >= 1


def test_after_failures_in_a_row_nobody_is_called_until_one_finds_out(
    known: Destinations, clock: Clock
) -> None:
    call(known, "a:443", answered=False, times=FAILURES)
    assert known.room().places["a:443"] == 0
    assert known.opens_in() == OPEN_FIRST
    clock.now += OPEN_FIRST
    assert known.room().places["a:443"] == 1
    known.begin("a:443", 1)
    assert known.room().places["a:443"] == 0
    known.end("a:443", 1, answered=True)
    assert known.room().places["a:443"] > 1
    assert known.opens_in() is None


def test_each_try_in_vain_keeps_the_circuit_open_twice_as_long_up_to_a_limit(
    known: Destinations, clock: Clock
) -> None:
    call(known, "a:443", answered=False, times=FAILURES)
    pauses: list[float] = []
    for _ in range(12):
        pause = known.opens_in()
        assert pause is not None
        pauses.append(pause)
        clock.now += pause
        call(known, "a:443", answered=False)
    assert pauses[:3] == [OPEN_FIRST, OPEN_FIRST * 2, OPEN_FIRST * 4]
    assert pauses[-1] == OPEN_LONGEST


def test_one_that_is_down_leaves_the_others_their_places(known: Destinations) -> None:
    call(known, "down:443", answered=False, times=FAILURES)
    call(known, "up:443", answered=True)
    room = known.room()
    assert (room.full, room.places["up:443"], room.for_others) == (["down:443"], FIRST + 1, FIRST)


def test_calls_under_way_count_for_their_destination_and_for_all(known: Destinations) -> None:
    for number in range(FIRST):
        known.begin("slow:443", number)
    room = known.room()
    assert (room.total, room.full) == (AT_ONCE - FIRST, ["slow:443"])


def test_calls_that_hang_take_no_place_from_the_others(known: Destinations, clock: Clock) -> None:
    """Forty destinations that never answer would fill twice as many places as there are."""
    for host in range(40):
        for number in range(FIRST):
            known.begin(f"hangs{host}:443", number)
    assert known.room().total < 0
    clock.now += SLOW_AFTER
    room = known.room()
    assert (room.total, len(room.full)) == (AT_ONCE, 40)


def test_not_even_calls_that_hang_are_without_number(known: Destinations, clock: Clock) -> None:
    for number in range(MOST_WAITING):
        known.begin(f"hangs{number}:443", 1)
    clock.now += SLOW_AFTER
    assert known.room().total == 0


def test_answers_to_calls_begun_before_the_circuit_opened_close_it(known: Destinations) -> None:
    for number in range(FAILURES + 1):
        known.begin("a:443", number)
    for number in range(FAILURES):
        known.end("a:443", number, answered=False)
    assert known.room().places["a:443"] == 0
    known.end("a:443", FAILURES, answered=True)
    assert known.opens_in() is None


def test_failures_of_calls_begun_before_the_circuit_opened_do_not_keep_it_open_longer(
    known: Destinations,
) -> None:
    for number in range(FAILURES * 3):
        known.begin("a:443", number)
    for number in range(FAILURES * 3):
        known.end("a:443", number, answered=False)
    assert known.opens_in() == OPEN_FIRST


def test_who_was_not_called_for_long_is_forgotten_unless_a_call_is_under_way(
    known: Destinations, clock: Clock
) -> None:
    call(known, "a:443", answered=True)
    known.begin("b:443", 1)
    clock.now += FORGET_AFTER + 1
    assert known.room().places.keys() == {"b:443"}
