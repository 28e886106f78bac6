"""Factories by name, and what is said when there is none."""

import pytest
from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.ports import (
    BasePort,
    CameraPort,
    JointGroupPort,
    RobotHardware,
)
from hearth_drivers.core.loading import load_factory, parse_options
from hearth_drivers.fakes import FakeRobot, make_hardware


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hearth_drivers.fakes", "expected 'module:function'"),
        ("hearth_drivers.nothing:make", "no module 'hearth_drivers.nothing'"),
        ("hearth_drivers.fakes:make", "it offers ['make_hardware']"),
    ],
)
def test_bad_factories_are_named(text: str, words: str) -> None:
    with pytest.raises(BadInputError) as caught:
        load_factory(text)
    assert words in str(caught.value)


def test_options_are_pairs() -> None:
    assert parse_options(["", "speed=2", "a=b=c"]) == {"speed": "2", "a": "b=c"}
    with pytest.raises(BadInputError, match="expected 'key=value'"):
        parse_options(["speed"])
    with pytest.raises(UnknownNameError, match="'colour'; known: \\['speed'\\]"):
        make_hardware("robot1", {"colour": "red"})


def test_the_fake_robot_is_hardware() -> None:
    robot = FakeRobot()
    assert isinstance(robot, RobotHardware)
    assert isinstance(robot.base, BasePort)
    assert all(isinstance(group, JointGroupPort) for group in robot.groups.values())
    assert all(isinstance(camera, CameraPort) for camera in robot.cameras.values())


def test_cycles_of_the_fake_robot_come_at_their_rate() -> None:
    robot = FakeRobot()
    stamps: list[float] = []
    robot.add_cycle(0.01, stamps.append)
    robot.step(2.0)
    assert len(stamps) == pytest.approx(200, abs=1)
