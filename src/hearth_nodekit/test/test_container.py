"""The container hosts what it is told, and says so when it cannot."""

import numpy as np
import pytest
from hearth_core.errors import BadInputError
from hearth_nodekit.container import NodeSpec, parse_arguments
from hearth_nodekit.convert import from_image, to_image
from hearth_nodekit.topic import Topic, sensor


def test_reads_package_executable_namespace_and_name() -> None:
    assert NodeSpec.parse("a/b@/home/robot2=c") == NodeSpec("a", "b", "/home/robot2", "c")
    assert NodeSpec.parse("a/b") == NodeSpec("a", "b")


@pytest.mark.parametrize("bad", ["a", "a/b@ns", "a/b=", "/b", ""])
def test_refuses_other_forms(bad: str) -> None:
    with pytest.raises(BadInputError, match="expected package/executable"):
        NodeSpec.parse(bad)


@pytest.mark.parametrize("arguments", [[], ["--node"], ["--nodes", "a/b"]])
def test_refuses_a_command_line_without_nodes(arguments: list[str]) -> None:
    with pytest.raises(BadInputError, match="--node"):
        parse_arguments(arguments)


def test_parameters_reach_the_node_they_name_whatever_its_namespace() -> None:
    specs = parse_arguments(
        [
            *("--node", "a/b@/r1", "--param", "b:speed=0.5", "--param", "b:names=['x', 'y']"),
            *("--node", "a/c"),
        ]
    )
    assert specs[0].parameters == (("speed", 0.5), ("names", ["x", "y"]))
    assert specs[1].parameters == ()


@pytest.mark.parametrize("bad", ["b", "b:x", "z:x=1", "b:x=[", "b:x:=1"])
def test_refuses_parameters_it_cannot_hand_on(bad: str) -> None:
    with pytest.raises(BadInputError, match=r"--param"):
        parse_arguments(["--node", "a/b", "--param", bad])


def test_unknown_nodes_are_named() -> None:
    with pytest.raises(BadInputError, match="no node hearth_core/nothing"):
        NodeSpec.parse("hearth_core/nothing").load()
    with pytest.raises(BadInputError, match=r"has no make_node|no node"):
        NodeSpec.parse("nowhere/nothing").load()


def test_absolute_topic_names_are_refused() -> None:
    with pytest.raises(ValueError, match="must be relative"):
        Topic("/scan", sensor("scan", object).type, sensor("x", object).qos)


def test_images_survive_the_round_trip_and_lies_are_refused() -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    message = to_image(pixels, "rgb8", "camera", 1.5)
    assert np.array_equal(from_image(message, "rgb8"), pixels)
    with pytest.raises(BadInputError, match="expected"):
        from_image(message, "32FC1")
    message.height = 7
    with pytest.raises(BadInputError, match="says 7 x 3"):
        from_image(message, "rgb8")
    with pytest.raises(BadInputError, match="32FC1 needs float32"):
        to_image(pixels, "32FC1", "camera", 0.0)
