"""What the operating system must bring: compilers, Python's headers, OpenGL without a screen."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hearth_cli.setup.errors import SetupError


@dataclass(frozen=True)
class Need:
    """Something looked for, and the apt package that brings it."""

    what: str
    package: str
    present: Callable[[], bool]


def _program(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


def _daemon(name: str) -> Callable[[], bool]:
    """Daemons are in folders that are not on everybody's PATH."""
    return lambda: any(shutil.which(name, path=path) for path in (None, "/usr/sbin:/sbin"))


def _library(name: str) -> Callable[[], bool]:
    return lambda: ctypes.util.find_library(name) is not None


def _python_headers() -> bool:
    return (Path(sysconfig.get_path("include")) / "Python.h").is_file()


def _venv_module() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("venv", "ensurepip"))


def _mesa() -> bool:
    folders = ("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib")
    return any(any(Path(folder).glob("libEGL_*.so*")) for folder in folders)


def needs() -> list[Need]:
    """Everything set-up and a run need from apt, for the running Python."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return [
        Need("C++ compiler", "g++", _program("g++")),
        Need("CMake", "cmake", _program("cmake")),
        Need("git", "git", _program("git")),
        Need("Python's venv module", f"python{version}-venv", _venv_module),
        Need("Python's headers", f"python{version}-dev", _python_headers),
        Need("EGL", "libegl1", _library("EGL")),
        Need("OpenGL driver", "libgl1-mesa-dri", _mesa),
        Need("OpenGL", "libgl1", _library("GL")),
        Need("MQTT broker of the simulated appliances", "mosquitto", _daemon("mosquitto")),
    ]


def missing() -> list[Need]:
    """What of it this machine lacks."""
    return [need for need in needs() if not need.present()]


def install(packages: list[str], log: Path) -> None:
    """Install apt packages as root or by `sudo -n`.

    Raises:
        SetupError: Neither is allowed, or apt failed; the message holds the command to type.
    """
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    by_hand = f"sudo apt-get update && sudo {' '.join(command)}"
    prefix: list[str] = []
    if os.geteuid() != 0:
        if (
            not shutil.which("sudo")
            or subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode
        ):
            raise SetupError(
                f"this machine lacks {', '.join(packages)}. Please type:\n  {by_hand}"
            )
        prefix = ["sudo", "-n"]
    log.parent.mkdir(parents=True, exist_ok=True)
    env = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive"]
    with log.open("w", encoding="utf-8") as file:
        for step in (["apt-get", "update"], command):
            result = subprocess.run([*env, *step], stdout=file, stderr=file, check=False)
            if result.returncode and step is command:
                raise SetupError(f"apt failed ({log}). Please type:\n  {by_hand}")
