"""The environment variables of the pip environment, for programs and for a shell."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from hearth_cli.setup.layout import Layout, python_tag

_PATHS = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH")


def _library_folders(layout: Layout) -> list[str]:
    bundled = sorted(str(path) for path in layout.site_packages.glob("ros_*.libs"))
    return [str(layout.interfaces / "lib"), str(layout.venv / "lib"), *bundled]


def source_folders(layout: Layout) -> list[str]:
    """The folders of the source tree that hold a Python package."""
    return sorted(str(path.parent) for path in (layout.root / "src").glob("*/setup.py"))


def _paths(layout: Layout) -> dict[str, list[str]]:
    prefixes = [str(layout.install), str(layout.interfaces), str(layout.venv)]
    built = layout.interfaces / "lib" / python_tag() / "site-packages"
    return {
        "PATH": [str(layout.venv / "bin")],
        "LD_LIBRARY_PATH": _library_folders(layout),
        "PYTHONPATH": [*source_folders(layout), str(built)],
        "AMENT_PREFIX_PATH": prefixes,
        "CMAKE_PREFIX_PATH": prefixes,
    }


def _settings(layout: Layout) -> dict[str, str]:
    profile = str(layout.root / "config" / "fastdds.xml")
    return {
        "HEARTH_ROOT": str(layout.root),
        "VIRTUAL_ENV": str(layout.venv),
        "ROS_DISTRO": "jazzy",
        "ROS_VERSION": "2",
        "ROS_PYTHON_VERSION": "3",
        "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1",  # or each Python would start itself twice
        "RMW_IMPLEMENTATION": "rmw_fastrtps_cpp",
        "FASTRTPS_DEFAULT_PROFILES_FILE": profile,
        "FASTDDS_DEFAULT_PROFILES_FILE": profile,
        "NUMBA_CACHE_DIR": str(layout.hearth / "numba"),
        "CMAKE_GENERATOR": "Ninja",
        "COLCON_DEFAULTS_FILE": str(layout.hearth / "colcon_defaults.yaml"),
        "MAKEFLAGS": "-j3",  # stops colcon from passing a load limit to ninja
    }


# What the caller may have chosen; kernels are single-threaded, so libraries are told to be too.
_DEFAULTS = {
    "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
    "MUJOCO_GL": "egl",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
}


def run_environment(layout: Layout, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """A copy of `base` (the caller's environment) in which every part of Hearth is found."""
    env = dict(os.environ if base is None else base)
    env.pop("PYTHONHOME", None)
    for name, entries in _paths(layout).items():
        rest = [] if name == "PYTHONPATH" else env.get(name, "").split(os.pathsep)
        env[name] = os.pathsep.join([*entries, *(e for e in rest if e and e not in entries)])
    env.update(_settings(layout))
    for name, value in _DEFAULTS.items():
        env.setdefault(name, value)
    return env


def colcon_defaults(layout: Layout) -> str:
    """What a plain `colcon build` in the pip environment needs to know (JSON is YAML)."""
    settings = Path(__file__).with_name("interfaces.cmake")
    arguments = [
        f"-DCMAKE_PROJECT_INCLUDE={settings}",
        f"-DPython3_EXECUTABLE={layout.python}",
        "-DPython3_FIND_VIRTUALENV=ONLY",
    ]
    options = {"cmake-args": arguments, "base-paths": [str(layout.root / "src")]}
    return json.dumps({"build": options}, indent=2) + "\n"


def build_environment(layout: Layout) -> dict[str, str]:
    """The environment in which interface packages are built: the virtual environment alone."""
    env = {**os.environ, **_settings(layout)}
    for name in ("PYTHONPATH", "PYTHONHOME", "COLCON_PREFIX_PATH"):
        env.pop(name, None)
    env["PATH"] = os.pathsep.join([str(layout.venv / "bin"), os.environ.get("PATH", "")])
    env["LD_LIBRARY_PATH"] = os.pathsep.join(_library_folders(layout)[1:])
    env["AMENT_PREFIX_PATH"] = env["CMAKE_PREFIX_PATH"] = str(layout.venv)
    return env


def shell_script(layout: Layout) -> str:
    """The same as `run_environment`, as a file to be sourced."""
    lines = ["# Source me: everything of Hearth is found. Written by set-up; edits are lost."]
    for name, entries in _paths(layout).items():
        value = shlex.quote(os.pathsep.join(entries))
        if name == "PYTHONPATH":  # found anew each time: a package may have been added
            lines += [
                f"export PYTHONPATH={shlex.quote(entries[-1])}",
                f"for _package in {shlex.quote(str(layout.root))}/src/*/setup.py; do",
                '  PYTHONPATH="${_package%/setup.py}:$PYTHONPATH"',
                "done",
            ]
            continue
        lines.append(f'export {name}={value}"${{{name}:+:${name}}}"')
    lines += [f"export {name}={shlex.quote(value)}" for name, value in _settings(layout).items()]
    lines += [f'export {name}="${{{name}:-{value}}}"' for name, value in _DEFAULTS.items()]
    return "\n".join(lines) + "\n"
