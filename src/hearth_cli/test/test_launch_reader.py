"""A launch file is decided completely, or refused with file, path in it, value and choices."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from hearth_cli.launch.document import LaunchFileError
from hearth_cli.launch.expressions import evaluate
from hearth_cli.launch.plan import Plan
from hearth_cli.launch.reader import join_namespace, read_launch_file
from hearth_cli.launch.substitutions import Scope, substitute


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """An ament prefix with a package that has one executable."""
    folder = tmp_path / "prefix"
    (folder / "lib" / "pack").mkdir(parents=True)
    program = folder / "lib" / "pack" / "talker"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    index = folder / "share" / "ament_index" / "resource_index" / "packages"
    index.mkdir(parents=True)
    (index / "pack").write_text("")
    return folder


def read(tmp_path: Path, prefix: Path, text: str, **arguments: str) -> Plan:
    file = tmp_path / "x.launch.yaml"
    file.write_text(dedent(text))
    environment = {"AMENT_PREFIX_PATH": str(prefix), "PATH": os.environ["PATH"], "HOME": "/h"}
    return read_launch_file(file, arguments, tmp_path / "scratch", environment)


def refusal(tmp_path: Path, prefix: Path, text: str, **arguments: str) -> str:
    with pytest.raises(LaunchFileError) as caught:
        read(tmp_path, prefix, text, **arguments)
    return str(caught.value)


def test_a_node_becomes_a_command_with_ros_arguments(tmp_path: Path, prefix: Path) -> None:
    plan = read(
        tmp_path,
        prefix,
        """
        launch:
        - arg: {name: robot, default: r1}
        - node:
            pkg: pack
            exec: talker
            name: bob
            namespace: $(var robot)
            args: --loud 'two words'
            remap: [{from: a, to: b}]
            ros_args: "--log-level warn"
        """,
        robot="r2",
    )
    (process,) = plan.processes
    assert process.command[1:] == (
        *("--loud", "two words", "--ros-args", "-r", "__node:=bob", "-r", "__ns:=/r2"),
        *("-r", "a:=b", "--log-level", "warn"),
    )
    assert process.name == "talker-1"


def test_inline_parameters_keep_their_types(tmp_path: Path, prefix: Path) -> None:
    plan = read(
        tmp_path,
        prefix,
        """
        launch:
        - let: {name: n, value: "7"}
        - node:
            pkg: pack
            exec: talker
            param:
            - {name: count, value: $(var n)}
            - {name: label, value: "'7'"}
            - {name: inner, param: [{name: flag, value: true}, {name: list, value: [1, 2]}]}
        """,
    )
    command = plan.processes[0].command
    files = [command[i + 1] for i, word in enumerate(command) if word == "--params-file"]
    merged: dict[str, object] = {}
    for file in files:
        merged.update(yaml.safe_load(Path(file).read_text())["/**"]["ros__parameters"])
    assert merged == {"count": 7, "label": "7", "inner": {"flag": True, "list": [1, 2]}}


def test_a_group_keeps_its_changes_and_an_include_does_not(tmp_path: Path, prefix: Path) -> None:
    (tmp_path / "inner.yaml").write_text(
        "launch:\n- arg: {name: who, default: nobody}\n"
        "- node: {pkg: pack, exec: talker, args: $(var who)}\n"
    )
    plan = read(
        tmp_path,
        prefix,
        """
        launch:
        - group:
          - push_ros_namespace: {namespace: home}
          - push_ros_namespace: {namespace: robot}
          - set_env: {name: COLOUR, value: red}
          - include: {file: $(dirname)/inner.yaml, arg: [{name: who, value: me}]}
          - node: {pkg: pack, exec: talker, args: $(env COLOUR)-$(var who)}
        - include: {file: $(dirname)/inner.yaml}
        - node: {pkg: pack, exec: talker, args: $(env COLOUR none)-$(var who)}
        """,
    )
    commands = [process.command[1:] for process in plan.processes]
    namespaced = ("--ros-args", "-r", "__ns:=/home/robot")
    assert commands == [
        ("me", *namespaced),
        ("red-me", *namespaced),
        ("nobody",),
        ("none-nobody",),
    ]
    assert plan.processes[1].environment["COLOUR"] == "red"
    assert "COLOUR" not in plan.processes[2].environment


@pytest.mark.parametrize(
    ("condition", "started"),
    [
        ("if: $(var sim)", True),
        ("unless: $(var sim)", False),
        ("if: $(eval '$(var n) > 2')", True),
        ("if: $(and $(var sim) $(not $(var sim)))", False),
        ("if: $(equals $(var n) 3)", True),
        ("unless: false", True),
    ],
)
def test_conditions_decide_what_is_started(
    tmp_path: Path, prefix: Path, condition: str, started: bool
) -> None:
    plan = read(
        tmp_path,
        prefix,
        f"""
        launch:
        - arg: {{name: sim, default: "true"}}
        - arg: {{name: n, default: "3"}}
        - executable: {{cmd: echo hi, {condition.replace(": ", ': "', 1)}"}}
        """,
    )
    assert bool(plan.processes) == started


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nodes: []", ["the one key at the top must be 'launch'", "nodes"]),
        ("launch:\n- nod: {}", ["launch[0]", "'nod'", "executable", "node"]),
        ("launch:\n- node: {exec: talker}", ["launch[0].node", "'pkg'"]),
        ("launch:\n- node: {pkg: pack, exec: talk}", ["'talk'", "talker"]),
        ("launch:\n- node: {pkg: pak, exec: talker}", ["no package 'pak'"]),
        ("launch:\n- node: {pkg: pack, exec: talker, respwan: true}", ["'respwan'", "respawn"]),
        ("launch:\n- executable: {cmd: a, output: screem}", ["'screem'", "screen", "log"]),
        ("launch:\n- executable: {cmd: a, respawn: perhaps}", ["respawn", "perhaps"]),
        ("launch:\n- executable: {cmd: a, on_exit: respawn}", ["respawn", "shutdown"]),
        ("launch:\n- executable: {cmd: $(vra x)}", ["'$(vra)'", "var"]),
        ("launch:\n- executable: {cmd: $(var x)}", ["no argument 'x'"]),
        ("launch:\n- executable: {cmd: '$(var x'}", ["not closed"]),
        ("launch:\n- executable: {cmd: $(command 'rm x')}", ["command", "refused"]),
        ("launch:\n- executable: {cmd: a, if: maybe}", ["maybe", "true"]),
        ("launch:\n- include: {file: nowhere.yaml}", ["no such file", "nowhere.yaml"]),
        ("launch:\n- arg: {name: a, default: x, choice: [{value: y}]}", ["'a' is 'x'", "y"]),
        ("launch:\n- arg: {name: a, description: the A}", ["'a'", "the A", "a:=VALUE"]),
        ("launch:\n- group:\n  - foo: {}", ["launch[0].group", "'foo'"]),
        ("launch: [", ["not valid YAML"]),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_the_choices(
    tmp_path: Path, prefix: Path, text: str, said: list[str]
) -> None:
    message = refusal(tmp_path, prefix, text)
    assert str(tmp_path / "x.launch.yaml") in message
    for word in said:
        assert word in message


def test_an_argument_the_file_does_not_have_is_refused(tmp_path: Path, prefix: Path) -> None:
    text = "launch:\n- arg: {name: robot, default: r1}"
    assert "no argument 'robto'; it has: robot" in refusal(tmp_path, prefix, text, robto="r2")


def test_a_file_that_includes_itself_is_refused(tmp_path: Path, prefix: Path) -> None:
    assert "deep" in refusal(tmp_path, prefix, "launch:\n- include: {file: $(filename)}")


def test_expressions_reach_nothing_but_values() -> None:
    assert evaluate("'a' in ['a', 'b'] and 2 * 3 == 6") is True
    for harmful in ("__import__('os')", "().__class__", "[x for x in (1,)]", "open('x')"):
        with pytest.raises(ValueError, match="not allowed"):
            evaluate(harmful)


def test_substitutions_nest_and_a_dollar_can_be_meant() -> None:
    scope = Scope({"a": "b", "b": "c d"}, {}, Path("/x/y.yaml"))
    assert substitute(r"$(var $(var a))-\$(var a)-$(dirname)", scope) == "c d-$(var a)-/x"


@pytest.mark.parametrize(
    ("outer", "inner", "whole"),
    [("", "a", "a"), ("a", "b", "a/b"), ("a", "/b", "/b"), ("a", "", "a"), ("/a/", "b", "/a/b")],
)
def test_namespaces_join(outer: str, inner: str, whole: str) -> None:
    assert join_namespace(outer, inner) == whole
