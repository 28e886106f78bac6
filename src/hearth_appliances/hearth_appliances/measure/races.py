"""Robots and people who want the same appliances at the same time, crash, and sleep too long."""

from __future__ import annotations

import random
from dataclasses import dataclass

from hearth_appliances.core.leases import Lease, LeaseRefusedError, LeaseTable, Rank


@dataclass
class Races:
    """What came of them."""

    races: int = 0
    double: int = 0
    """Moments at which two holders' commands would both have been carried out."""
    overdue: float = 0.0
    """Longest time [s] a crashed holder's lease outlived its end."""
    robbed: int = 0
    """Leases taken by somebody of no higher rank."""


def measure(count: int, seed: int) -> Races:
    """Run ``count`` races of 2 to 5 contenders over one appliance each."""
    draw = random.Random(seed)
    found = Races()
    table = LeaseTable()
    now = 0.0
    for number in range(count):
        now = _race(table, f"appliance_{number % 50}", now, draw, found)
        found.races += 1
    return found


def _race(table: LeaseTable, slug: str, now: float, draw: random.Random, found: Races) -> float:
    held: dict[str, Lease] = {}
    ranks = {f"c{i}": draw.choice((Rank.ROBOT, Rank.ROBOT, Rank.PERSON)) for i in range(5)}
    names = draw.sample(sorted(ranks), draw.randint(2, 5))
    for _ in range(draw.randint(4, 20)):
        # Contenders' clocks differ and jump; the table must not care.
        now += draw.choice((0.0, 0.001, 0.5, 5.0))
        told = now + draw.choice((0.0, 0.0, -2.0, -0.01))
        name = draw.choice(names)
        before = table.holder(slug, now)
        action = draw.choice(("acquire", "acquire", "renew", "release"))
        try:
            _act(table, slug, name, ranks[name], told, draw, held, action)
        except LeaseRefusedError:
            if draw.random() < 0.5:  # the others do not listen
                held.pop(name, None)
        _judge(table, slug, now, held, before, (name, action), found)
    _crash(table, slug, now, found)
    return now + 100.0


def _act(
    table: LeaseTable,
    slug: str,
    name: str,
    rank: Rank,
    now: float,
    draw: random.Random,
    held: dict[str, Lease],
    action: str,
) -> None:
    if action == "acquire" or name not in held:
        held[name] = table.acquire(slug, name, draw.uniform(0.5, 20.0), now, rank)
    elif action == "renew":
        held[name] = table.renew(slug, held[name].token, draw.uniform(0.5, 20.0), now)
    else:
        table.release(slug, held[name].token, now)


def _judge(
    table: LeaseTable,
    slug: str,
    now: float,
    held: dict[str, Lease],
    before: Lease | None,
    acted: tuple[str, str],
    found: Races,
) -> None:
    able = set()
    for name, lease in held.items():
        try:
            table.check(slug, lease.token, now)
        except LeaseRefusedError:
            continue
        able.add(name)
    found.double += len(able) > 1
    # A person's lease is taken by nobody; a robot's only by a person, or when it was given back.
    after = table.holder(slug, now)
    if before is None or after is None or after.holder == before.holder or now >= before.end:
        return
    given_back = acted == (before.holder, "release")
    found.robbed += not given_back and after.rank <= before.rank


def _crash(table: LeaseTable, slug: str, now: float, found: Races) -> None:
    """The holder says nothing more: when can somebody else have it?"""
    lease = table.holder(slug, now)
    if lease is None:
        return
    try:
        table.acquire(slug, "next", 1.0, lease.end - 1e-6)
        found.double += 1
    except LeaseRefusedError:
        pass
    while True:
        try:
            table.acquire(slug, "next", 1.0, lease.end + found.overdue)
        except LeaseRefusedError:
            found.overdue += 0.1
        else:
            return
