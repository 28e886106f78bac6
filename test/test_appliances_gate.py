"""What appliances cost, at 1.5 times the issue's figures.

Wall times belong to whoever else uses the machine, so CPU time stands for them: a push that takes
the bridge more than 1 ms of it cannot keep up with 20 devices x 50 a second, let alone in 5 ms.
AbortNow's limit is held by its median, which is a hundred times shorter on a loaded machine.
"""

import statistics

from hearth_appliances.measure import latency, loopback

SLACK = 1.5


def test_pushes_through_the_broker_and_the_sdk_come_whole_and_cheaply() -> None:
    found = loopback.measure_journey(20, 50.0, 1000)
    assert (found.lost, found.gaps) == (0, 0)
    assert found.cpu / found.sent <= SLACK * 1e-3


def test_abort_asks_nobody() -> None:
    delays = latency.measure_abort(20)
    assert len(delays) == 20
    assert statistics.median(delays) <= SLACK * 0.05


def test_an_idle_bridge_costs_next_to_nothing() -> None:
    found = loopback.measure_idle(30, 5.0)
    assert found.cores <= SLACK * 0.02
    assert found.resident <= SLACK * 120.0
