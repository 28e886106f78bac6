"""How the hub behaves, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass, field

from hearth_appliances.core.budget import BudgetSettings
from hearth_appliances.core.watchdog import WatchSettings


@dataclass(frozen=True)
class HubSettings:
    """Wall-clock behaviour of the hub."""

    watch: WatchSettings = field(default_factory=WatchSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    first_retry: float = 0.5
    """Wait after a failure [s]; doubles up to ``last_retry``."""
    last_retry: float = 4.0
    """[s]; after ``tired`` failures in a row ``slow_retry``."""
    slow_retry: float = 60.0
    """[s]."""
    tired: int = 15
    """Failures in a row after which it is tried less often."""
    heal_period: float = 30.0
    """The push channel is subscribed to again this often, without a REST call [s]."""
    link_grace: float = 5.0
    """A lost push channel makes values stale after this long [s]."""
    give_up: float = 120.0
    """A push channel that does not come back by itself is opened again after this long [s]."""
    burst: float = 5.0
    """For so long after a reconnect, pushes without a stamp are of unknown age [s]."""
    push_grace: float = 3.0
    """A change found by polling may still be told by a push for this long [s]."""


@dataclass
class Tally:
    """What was done since the start."""

    calls: int = 0
    silent: int = 0
    """Changes that no push told of."""
    heals: int = 0
    reconnects: int = 0
    broken: int = 0
    """Pushes and connections that met an error of ours."""
