"""Leases: one holder at a time, whatever the races."""

import json
import math
import random

import pytest
from hearth_appliances.core.leases import (
    LONGEST,
    LeaseRefusedError,
    LeaseTable,
    Rank,
    kept_form,
    restored,
)
from hearth_core.errors import BadInputError

FRIDGE = "refrigerator"


def test_only_one_holds_and_the_other_is_told_who() -> None:
    table = LeaseTable()
    table.acquire(FRIDGE, "robot1", 10.0, now=0.0)
    with pytest.raises(LeaseRefusedError, match=r"held by 'robot1' for 7\.0 s more") as caught:
        table.acquire(FRIDGE, "robot2", 10.0, now=3.0)
    assert caught.value.held_by is not None
    table.acquire("oven", "robot2", 10.0, now=3.0)


def test_a_crashed_holders_lease_is_free_when_it_ends() -> None:
    table = LeaseTable()
    old = table.acquire(FRIDGE, "robot1", 10.0, now=0.0)
    new = table.acquire(FRIDGE, "robot2", 10.0, now=10.0)
    assert new.token > old.token
    with pytest.raises(LeaseRefusedError, match="was lost to 'robot2'"):
        table.check(FRIDGE, old.token, now=11.0)
    with pytest.raises(LeaseRefusedError, match="was lost"):
        table.renew(FRIDGE, old.token, 10.0, now=11.0)


def test_a_person_takes_a_robots_lease_and_not_the_other_way_round() -> None:
    table = LeaseTable()
    robot = table.acquire(FRIDGE, "robot1", 10.0, now=0.0)
    table.acquire(FRIDGE, "anna", 10.0, now=1.0, rank=Rank.PERSON)
    with pytest.raises(LeaseRefusedError, match="was lost to 'anna'"):
        table.check(FRIDGE, robot.token, now=2.0)
    with pytest.raises(LeaseRefusedError, match="held by 'anna'"):
        table.acquire(FRIDGE, "robot1", 10.0, now=2.0)


def test_releasing_twice_or_too_late_harms_nobody() -> None:
    table = LeaseTable()
    old = table.acquire(FRIDGE, "robot1", 1.0, now=0.0)
    table.release(FRIDGE, old.token, now=0.5)
    new = table.acquire(FRIDGE, "robot2", 10.0, now=0.6)
    table.release(FRIDGE, old.token, now=0.7)
    assert table.holder(FRIDGE, 0.8) == new


def test_a_clock_that_goes_back_revives_nothing() -> None:
    table = LeaseTable()
    lease = table.acquire(FRIDGE, "robot1", 1.0, now=100.0)
    with pytest.raises(LeaseRefusedError, match="has ended"):
        table.check(FRIDGE, lease.token, now=101.0)
    with pytest.raises(LeaseRefusedError, match="has ended"):
        table.check(FRIDGE, lease.token, now=50.0)


@pytest.mark.parametrize("duration", [0.0, -1.0, math.nan, math.inf, 1e9])
def test_odd_durations_are_refused(duration: float) -> None:
    with pytest.raises(BadInputError, match="at most 3600 s"):
        LeaseTable().acquire(FRIDGE, "robot1", duration, now=0.0)


def test_ten_thousand_races_have_no_double_holder() -> None:
    draw = random.Random(6)
    table, now, tokens = LeaseTable(), 0.0, []
    beliefs: dict[str, tuple[int, float]] = {}
    for _ in range(10_000):
        now += draw.expovariate(5.0)
        name = draw.choice(["robot1", "robot2", "robot3", "anna"])
        rank = Rank.PERSON if name == "anna" else Rank.ROBOT
        try:
            if draw.random() < 0.5 or name not in beliefs:
                lease = table.acquire(FRIDGE, name, draw.uniform(0.1, 2.0), now, rank)
                tokens.append(lease.token)
            elif draw.random() < 0.7:
                lease = table.renew(FRIDGE, beliefs[name][0], draw.uniform(0.1, 2.0), now)
            else:
                table.release(FRIDGE, beliefs.pop(name)[0], now)
                continue
            beliefs[name] = (lease.token, lease.end)
        except LeaseRefusedError:
            beliefs.pop(name, None)
        admitted = []
        for holder, (token, _) in beliefs.items():
            try:
                admitted.append(table.check(FRIDGE, token, now).holder)
            except LeaseRefusedError:
                continue
            assert admitted[-1] == holder
        assert len(admitted) <= 1
    assert tokens == sorted(set(tokens))


def test_what_is_kept_comes_back_and_nonsense_does_not() -> None:
    table = LeaseTable()
    lease = table.acquire(FRIDGE, "robot1", 60.0, now=100.0)
    written = json.loads(json.dumps(kept_form(table.given)))
    assert restored(written, now=101.0) == [lease]
    assert restored([*written, ["x"], None, "robot"], now=101.0) == [lease]
    assert restored(None, now=101.0) == restored({"a": 1}, now=101.0) == []
    assert restored(written, now=-1e6)[0].end == LONGEST - 1e6, "a clock set back"
    again = LeaseTable(lease.token + 1, restored(written, now=101.0))
    assert again.check(FRIDGE, lease.token, now=159.0) == lease
    assert again.holder(FRIDGE, now=161.0) is None
