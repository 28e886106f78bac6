"""A frozen or silent camera is noticed within a second, a good one never."""

from __future__ import annotations

import numpy as np
import pytest
from hearth_perception.core.freeze import FreezeWatch, fingerprint


def watch(rate: float, freeze_at: float, until: float) -> tuple[FreezeWatch, float | None]:
    """Pictures at ``rate``; from ``freeze_at`` on the same one. When it was noticed."""
    rng = np.random.default_rng(0)
    made = FreezeWatch()
    made.opened(0.0)
    mark = 0
    for k in range(int(until * rate)):
        now = k / rate
        if now < freeze_at:
            mark = fingerprint(rng.integers(0, 255, 30_000, np.uint8))
        made.picture(now, mark)
        if made.problem(now):
            return made, now
    return made, None


@pytest.mark.parametrize("rate", [5.0, 10.0, 15.0, 30.0])
def test_identical_pictures_are_noticed_within_a_second(rate: float) -> None:
    made, noticed = watch(rate, 2.0, 4.0)
    assert noticed is not None
    assert noticed - 2.0 <= 1.0
    assert "same picture" in made.problem(noticed)


def test_changing_pictures_are_never_reported_and_a_frozen_one_may_thaw() -> None:
    made, noticed = watch(10.0, 99.0, 20.0)
    assert noticed is None
    for k in range(12):
        made.picture(20.0 + 0.1 * k, 7)
    assert made.problem(21.1)
    made.picture(21.2, 8)
    assert made.problem(21.2) == ""


def test_silence_is_noticed_only_while_pictures_are_wanted() -> None:
    made = FreezeWatch()
    assert made.problem(50.0) == ""
    made.opened(50.0)
    made.picture(50.1, 1)
    assert made.problem(50.6) == ""
    assert "no picture" in made.problem(52.2)
    made.reset()
    assert made.problem(99.0) == ""


def test_a_clock_that_jumps_back_starts_afresh() -> None:
    made = FreezeWatch()
    made.opened(100.0)
    made.picture(100.0, 1)
    made.picture(0.5, 2)
    assert made.problem(0.6) == ""
    made.picture(0.7, 3)
    assert made.problem(0.7) == ""


def test_one_changed_row_changes_the_fingerprint() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    before = fingerprint(image)
    image[100] = 3
    assert fingerprint(image) != before
