"""The virtual environment and the packages of the lock file in it."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from hearth_cli.setup.commands import run_logged
from hearth_cli.setup.errors import SetupError
from hearth_cli.setup.files import write_atomic
from hearth_cli.setup.layout import Layout
from hearth_cli.setup.progress import Progress
from hearth_cli.setup.wheels import patch_exports

# Installed first, by pip: the installer itself, and what builds the packages that have no wheel.
BOOTSTRAP = ("uv", "setuptools", "wheel")
_HINT = (
    "If it could not download: set-up needs the network once. `pip config list` says where\n"
    "pip looks; https_proxy names a proxy. Then start again; it goes on from here."
)
_REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==", re.MULTILINE)


def requirement_blocks(lock: str) -> dict[str, str]:
    """The lock file's requirements with their hashes, by name."""
    starts = list(_REQUIREMENT.finditer(lock))
    ends = [match.start() for match in starts[1:]] + [len(lock)]
    return {
        match.group(1).lower(): lock[match.start() : end]
        for match, end in zip(starts, ends, strict=True)
    }


def pip_settings(listing: str) -> dict[str, str]:
    """What `pip config list` prints, by option, in the order in which pip lets them win."""
    rank = {"global": 0, "install": 1, ":env:": 2}
    found: dict[str, tuple[int, str]] = {}
    for line in listing.splitlines():
        match = re.fullmatch(r"(global|install|:env:)\.([\w-]+)=(.*)", line.strip())
        if not match:
            continue
        section, option, value = match.groups()
        if option not in found or rank[section] >= found[option][0]:
            found[option] = (rank[section], str(ast.literal_eval(value)))
    return {option: value for option, (_, value) in found.items()}


def uv_options(settings: Mapping[str, str]) -> list[str]:
    """The user's pip configuration in uv's words; uv reads none of it by itself."""
    options: list[str] = []
    if "index-url" in settings:
        options += ["--default-index", settings["index-url"]]
    for url in settings.get("extra-index-url", "").split():
        options += ["--index", url]
    for link in settings.get("find-links", "").split():
        options += ["--find-links", link]
    for host in settings.get("trusted-host", "").split():
        options += ["--allow-insecure-host", host]
    if "no-index" in settings and settings["no-index"].lower() in {"1", "true", "yes", "on"}:
        options.append("--no-index")
    if "--index" in options:  # as pip does; every file is checked against the lock's hashes
        options += ["--index-strategy", "unsafe-best-match"]
    return options


def _python_works(layout: Layout) -> bool:
    probe = f"import sys, pip; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
    try:
        result = subprocess.run(
            [str(layout.python), "-I", "-c", probe],
            env={**os.environ, "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1"},
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return result.returncode == 0


def make_venv(layout: Layout) -> None:
    """Make the virtual environment, unless a working one of this Python and place is there."""
    config = layout.venv / "pyvenv.cfg"
    if config.is_file() and _python_works(layout):
        activate = (layout.venv / "bin" / "activate").read_text(encoding="utf-8")
        if str(layout.venv) in activate:  # a virtual environment that was moved is broken
            return
    shutil.rmtree(layout.venv, ignore_errors=True)
    base = Path(sys._base_executable) if hasattr(sys, "_base_executable") else Path(sys.executable)
    run_logged(
        [str(base), "-I", "-m", "venv", str(layout.venv)],
        layout.hearth / "log" / "venv.log",
        os.environ,
    )


def install(layout: Layout, progress: Progress) -> None:
    """Install the lock file into the virtual environment. Safe to repeat after an interruption."""
    env = {**os.environ, "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1", "UV_HTTP_TIMEOUT": "300"}
    env.pop("VIRTUAL_ENV", None)
    log = layout.hearth / "log"
    blocks = requirement_blocks(layout.lock.read_text(encoding="utf-8"))
    bootstrap = layout.state / "bootstrap.txt"
    write_atomic(bootstrap, "".join(blocks[name] for name in BOOTSTRAP if name in blocks))
    pip = [str(layout.python), "-m", "pip", "--disable-pip-version-check"]
    required = ["--no-deps", "--require-hashes", "-r"]
    try:
        run_logged(
            [*pip, "install", *required, str(bootstrap)],
            log / "bootstrap.log",
            env,
            on_wait=progress.note,
        )
    except SetupError as error:
        raise SetupError(f"{error}\n{_HINT}") from error
    listing = subprocess.run(
        [*pip, "config", "list"], env=env, capture_output=True, text=True, check=False
    ).stdout
    settings = pip_settings(listing)
    if "cert" in settings:
        env.setdefault("SSL_CERT_FILE", settings["cert"])
    # Files of an installation that was cut short may be missing although the package is listed.
    marker = layout.state / "installing"
    again = ["--reinstall"] if marker.exists() else []
    write_atomic(marker, "")
    uv = [str(layout.venv / "bin" / "uv"), "pip", "install", "--python", str(layout.python)]
    build = ["--no-build-isolation", *required, str(layout.lock)]
    try:
        run_logged(
            [*uv, *again, *uv_options(settings), *build],
            log / "packages.log",
            env,
            on_wait=progress.note,
        )
    except SetupError as error:
        progress.note(f"uv failed, trying pip: {str(error).splitlines()[0]}")
        slow = ["--force-reinstall"] if again else []
        try:
            run_logged(
                [*pip, "install", *slow, *build], log / "pip.log", env, on_wait=progress.note
            )
        except SetupError as second:
            raise SetupError(f"{second}\n{_HINT}") from error
    _patch(layout, env)
    marker.unlink()


def _patch(layout: Layout, env: Mapping[str, str]) -> None:
    probe = "import sysconfig, numpy; print(sysconfig.get_path('include'), numpy.get_include())"
    python_include, numpy_include = subprocess.run(
        [str(layout.python), "-c", probe], env=env, capture_output=True, text=True, check=True
    ).stdout.split()
    patch_exports(
        layout.venv / "share", python_include=python_include, numpy_include=numpy_include
    )
