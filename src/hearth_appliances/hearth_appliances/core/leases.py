"""Who may use an appliance: leases that expire, with fencing tokens (Kleppmann 2016).

A lease is a right to command and to open doors for a while. Every grant has a larger token
than all before it, and a command is carried out only with the newest one, so that a holder
who slept through the end of its lease cannot act on it. People come before robots.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum

from hearth_core.errors import BadInputError, HearthError

LONGEST = 3600.0
"""Longest lease [s]: renew it, or lose it."""


class Rank(IntEnum):
    """Who asks; a higher rank takes a lease away from a lower one."""

    ROBOT = 0
    PERSON = 1


@dataclass(frozen=True)
class Lease:
    """A right to one appliance until ``end`` [s]."""

    slug: str
    holder: str
    rank: Rank
    token: int
    end: float


class LeaseRefusedError(HearthError):
    """Somebody else holds it, or the token is no longer the newest."""

    def __init__(self, message: str, held_by: Lease | None = None) -> None:
        super().__init__(message)
        self.held_by = held_by


class LeaseTable:
    """All leases of a home. Time is an argument, and tokens only grow."""

    def __init__(self, first_token: int = 1, kept: Iterable[Lease] = ()) -> None:
        """Go on after a restart, or begin.

        Args:
            first_token: Larger than every token given before.
            kept: Leases of before; they go on, so that nobody else opens the holder's door.
        """
        self._leases = {lease.slug: lease for lease in kept}
        self._next = first_token
        self._latest = float("-inf")

    @property
    def given(self) -> tuple[Lease, ...]:
        """The last lease of every appliance that was not given back; some may have ended."""
        return tuple(self._leases.values())

    def holder(self, slug: str, now: float) -> Lease | None:
        """Lease in force at ``now`` [s]; None: free."""
        now = self._forward(now)
        lease = self._leases.get(slug)
        return lease if lease is not None and now < lease.end else None

    def acquire(
        self, slug: str, holder: str, duration: float, now: float, rank: Rank = Rank.ROBOT
    ) -> Lease:
        """Take the lease; a holder who asks again gets a new token.

        Args:
            slug: Appliance.
            holder: Who asks.
            duration: How long [s], at most :data:`LONGEST`.
            now: Time [s]; a clock that runs backwards is taken to stand still.
            rank: A higher one takes the lease away from a lower one.

        Raises:
            BadInputError: The duration makes no sense.
            LeaseRefusedError: Somebody of the same or a higher rank holds it.
        """
        now = self._forward(now)
        _check_duration(duration)
        held = self.holder(slug, now)
        if held is not None and held.holder != holder and held.rank >= rank:
            raise LeaseRefusedError(
                f"{slug} is held by {held.holder!r} for {held.end - now:.1f} s more", held
            )
        lease = Lease(slug, holder, rank, self._next, now + duration)
        self._next += 1
        self._leases[slug] = lease
        return lease

    def renew(self, slug: str, token: int, duration: float, now: float) -> Lease:
        """Keep a lease for ``duration`` [s] from now.

        Raises:
            BadInputError: The duration makes no sense.
            LeaseRefusedError: It has ended, or somebody else has it now.
        """
        now = self._forward(now)
        _check_duration(duration)
        lease = replace(self.check(slug, token, now), end=now + duration)
        self._leases[slug] = lease
        return lease

    def release(self, slug: str, token: int, now: float) -> None:
        """Give a lease back; one that is lost already is no error."""
        held = self.holder(slug, now)
        if held is not None and held.token == token:
            del self._leases[slug]

    def check(self, slug: str, token: int, now: float) -> Lease:
        """The lease that ``token`` stands for.

        Raises:
            LeaseRefusedError: It is not in force: a command with it must not be carried out.
        """
        held = self.holder(slug, now)
        if held is None:
            raise LeaseRefusedError(f"{slug}: lease {token} has ended")
        if held.token != token:
            raise LeaseRefusedError(f"{slug}: lease {token} was lost to {held.holder!r}", held)
        return held

    def _forward(self, now: float) -> float:
        self._latest = max(self._latest, now)
        return self._latest


def _check_duration(duration: float) -> None:
    if not 0.0 < duration <= LONGEST:
        raise BadInputError(f"a lease lasts more than 0 and at most {LONGEST:.0f} s: {duration}")


def restored(kept: object, now: float) -> list[Lease]:
    """Leases as :func:`kept_form` wrote them; what cannot be read is no lease.

    Args:
        kept: What was remembered.
        now: Time [s]; a clock set back meanwhile lengthens no lease beyond :data:`LONGEST`.
    """
    if not isinstance(kept, list):
        return []
    leases = []
    for entry in kept:
        try:
            slug, holder, rank, token, end = entry
            lease = Lease(str(slug), str(holder), Rank(rank), int(token), float(end))
        except (TypeError, ValueError):
            continue
        leases.append(replace(lease, end=min(lease.end, now + LONGEST)))
    return leases


def kept_form(leases: Iterable[Lease]) -> list[list[str | int | float]]:
    """Leases for :func:`restored`, in JSON's types."""
    return [[each.slug, each.holder, int(each.rank), each.token, each.end] for each in leases]
