"""All steps of set-up in their order; each is skipped when what it depends on has not changed.

A step's stamp holds a hash of its inputs and is written when the step is complete, so that an
interruption anywhere leaves a step to be done again and never one half done. Asking whether
anything is to be done costs one walk over the source tree.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hearth_cli.setup import interfaces, kernels, packages, system
from hearth_cli.setup.commands import passed_on, run_logged
from hearth_cli.setup.environment import colcon_defaults, run_environment, shell_script
from hearth_cli.setup.errors import SetupError
from hearth_cli.setup.files import content_hash, signature, walk, write_atomic
from hearth_cli.setup.layout import Layout, python_tag
from hearth_cli.setup.progress import Progress

SUPPORTED = ((3, 11), (3, 13))
LOCK_HEAD = "# Compiled from environment.in by `./hearth lock`, for Python 3.11 to 3.13.\n"
BUILDERS = ("ros-", "empy", "lark-parser", "numpy")  # what interfaces are generated and built with
FREE_DISK = 6 * 10**9  # bytes; the environment takes 2, the build folders and caches the rest
_SETUP = Path(__file__).parent
_KERNELS = re.compile(rb"hearth_core\.jit|\bnumba\b|\bwarmup\b")


@dataclass(frozen=True)
class Step:
    """One step: when `key` is not the stamped one or the output is gone, `run` is called."""

    name: str
    title: str
    key: Callable[[], str]
    is_there: Callable[[], bool]
    run: Callable[[str], None]


def _platform_key() -> str:
    # Headers are part of what is built: two Pythons of a version may keep them in two places.
    include = sysconfig.get_path("include")
    return f"{python_tag()} {platform.machine()} {platform.libc_ver()} {include}"


def steps(layout: Layout, progress: Progress) -> list[Step]:
    """The steps of a set-up of `layout`."""
    own = f"{layout.root} {_platform_key()}"

    def check_system(_: str) -> None:
        if lacking := system.missing():
            progress.note(f"apt: {', '.join(need.package for need in lacking)}")
            system.install([need.package for need in lacking], layout.hearth / "log" / "apt.log")
            if still := system.missing():
                what = ", ".join(f"{need.what} ({need.package})" for need in still)
                raise SetupError(f"apt installed everything, but still missing: {what}")

    def packages_key() -> str:
        return content_hash(layout.root, [layout.lock, _SETUP / "wheels.py"], own)

    def install_packages(_: str) -> None:
        packages.make_venv(layout)
        packages.install(layout, progress)

    def interfaces_key() -> str:
        sources = [*interfaces.package_folders(layout), interfaces.SETTINGS]
        blocks = packages.requirement_blocks(layout.lock.read_text(encoding="utf-8"))
        builders = [blocks[name] for name in sorted(blocks) if name.startswith(BUILDERS)]
        return content_hash(layout.root, sources, _platform_key(), *builders)

    def tree_key() -> str:
        parts = [
            layout.root / "src",
            *(layout.root / name for name in ("launch", "config", "urdf")),
        ]
        names = sorted(entry.path for part in parts for entry in walk(part))
        names = [name for name in names if not name.endswith(".py")]
        written = [
            path
            for pattern in ("setup.py", "package.xml", "CMakeLists.txt")
            for path in (layout.root / "src").glob(f"*/{pattern}")
        ]
        written.append(_SETUP / "environment.py")
        return content_hash(layout.root, written, own, *names)

    def link_tree(_: str) -> None:
        command = [str(layout.python), "-m", "hearth_cli.setup.source_tree", str(layout.root)]
        env = run_environment(layout)
        run_logged(command, layout.hearth / "log" / "source_tree.log", env)
        write_atomic(layout.hearth / "env.sh", shell_script(layout))
        write_atomic(layout.hearth / "colcon_defaults.yaml", colcon_defaults(layout))

    def kernel_key() -> str:
        sources = (Path(e.path) for e in walk(layout.root / "src") if e.name.endswith(".py"))
        files = [path for path in sources if _KERNELS.search(path.read_bytes())]
        return content_hash(layout.root, files, own, packages_key())

    def compile_kernels(_: str) -> None:
        command = [str(layout.python), "-m", "hearth_cli.setup.warmup"]
        log = layout.hearth / "log" / "warmup.log"
        kernels.forget_lists(layout)
        try:
            run_logged(command, log, run_environment(layout), on_wait=progress.note)
        except SetupError:  # a kernel that cannot compile is its package's test's to report
            progress.note(f"some kernels failed to compile and will be tried at run time: {log}")
        kernels.prune(layout)

    return [
        Step("system", "System packages", lambda: own, layout.state.exists, check_system),
        Step("packages", "Python packages", packages_key, layout.python.exists,
             install_packages),
        Step("interfaces", "Interface packages", interfaces_key,
             (layout.interfaces / interfaces.KEY_FILE).exists,
             lambda key: interfaces.build(layout, key, progress)),
        Step("tree", "Source tree", tree_key, layout.install.exists, link_tree),
        Step("kernels", "Compiled kernels", kernel_key, lambda: kernels.are_there(layout),
             compile_kernels),
    ]  # fmt: skip


def _inputs(layout: Layout) -> list[Path]:
    names = ("src", "underlay", "launch", "config", "urdf")
    return [layout.lock, *(layout.root / name for name in names)]


def _ready_text(layout: Layout) -> str:
    return json.dumps([str(layout.root), _platform_key(), signature(_inputs(layout))])


def is_ready(layout: Layout) -> bool:
    """Whether nothing has changed since the last complete set-up."""
    outputs = (layout.python, layout.interfaces / interfaces.KEY_FILE, layout.install)
    try:
        ready = (layout.state / "ready").read_text(encoding="utf-8")
    except OSError:
        return False
    return (
        all(path.exists() for path in outputs)
        and kernels.are_there(layout)
        and ready == _ready_text(layout)
    )


@contextmanager
def _exclusive(layout: Layout) -> Iterator[None]:
    """One set-up at a time in a clone; a second one waits for the first and all it started."""
    layout.state.mkdir(parents=True, exist_ok=True)
    with (layout.hearth / "setup.lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up runs in this clone; waiting for it.", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        with passed_on(file.fileno()):
            yield


def check_machine(layout: Layout) -> None:
    """Refuse what cannot work, before anything is downloaded.

    Raises:
        SetupError: Wrong processor, operating system or Python, or a full disk.
    """
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise SetupError(
            f"the pip environment needs Linux on x86_64; this is {platform.system()} on "
            f"{platform.machine()}. On a robot, use ROS 2 Jazzy from apt (README)."
        )
    low, high = SUPPORTED
    if not low <= sys.version_info[:2] <= high:
        version = ".".join(map(str, sys.version_info[:2]))
        raise SetupError(f"Python {version} is not supported; choose from 3.11, 3.12, 3.13")
    free = shutil.disk_usage(layout.root).free
    if not layout.python.exists() and free < FREE_DISK:
        raise SetupError(
            f"{layout.root} has {free / 1e9:.1f} GB free; set-up needs {FREE_DISK / 1e9:.0f} GB"
        )


def run_steps(layout: Layout, todo: list[Step], progress: Progress) -> None:
    """Run what is not stamped, in order."""
    for step in todo:
        stamp = layout.state / step.name
        key = step.key()
        done = stamp.is_file() and stamp.read_text(encoding="utf-8") == key
        if done and step.is_there():
            progress.skip()
            continue
        stamp.unlink(missing_ok=True)
        with progress.step(step.title):
            step.run(key)
        write_atomic(stamp, key)


def ensure(layout: Layout) -> None:
    """Make the environment complete; return at once when it is.

    Raises:
        SetupError: It cannot be completed.
    """
    if is_ready(layout):
        return
    with _exclusive(layout):
        if is_ready(layout):  # the one we waited for did it
            return
        check_machine(layout)
        before = _ready_text(layout)  # an edit while we work is seen at the next start
        progress = Progress(total=5)
        run_steps(layout, steps(layout, progress), progress)
        progress.close()
        write_atomic(layout.state / "ready", before)


def refresh_lock(layout: Layout) -> None:
    """Compile `environment.in` to the lock file again, keeping what still fits."""
    source = layout.lock.with_suffix(".in")
    fresh = layout.hearth / "environment.lock"
    shutil.copy(layout.lock, fresh)
    flags = ["--universal", "--python-version", "3.11", "--generate-hashes", "--quiet"]
    flags += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    command = [str(layout.venv / "bin" / "uv"), "pip", "compile", *flags, str(source)]
    subprocess.run([*command, "-o", str(fresh)], env=os.environ, check=True)
    body = fresh.read_text(encoding="utf-8")
    lines = [line for line in body.splitlines(keepends=True) if not line.startswith("#")]
    write_atomic(layout.lock, LOCK_HEAD + "".join(lines))
