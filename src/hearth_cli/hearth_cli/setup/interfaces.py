"""Build the interface packages that PyPI lacks, or take them from the user's cache.

The result is kept under a hash of everything it is made from, so that a second clone does not
compile again. Nothing depends on the cache: without it, or with a broken one, they are built.
"""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path

from hearth_cli.setup.commands import run_logged
from hearth_cli.setup.environment import build_environment
from hearth_cli.setup.files import write_atomic
from hearth_cli.setup.layout import Layout
from hearth_cli.setup.progress import Progress

KEY_FILE = ".hearth_key"
SETTINGS = Path(__file__).with_name("interfaces.cmake")
_PLACEHOLDER = "@HEARTH_CLONE@"
# The first: entries of the ament index have no suffix.
_TEXT = {"", ".cmake", ".sh", ".bash", ".zsh", ".dsv", ".xml", ".txt", ".py", ".json"}


def package_folders(layout: Layout) -> list[Path]:
    """The packages to build: what others of them need first, then the largest first.

    So nothing waits for a package that is not being built yet, and two workers end together.
    """
    folders = [path.parent for path in (layout.root / "underlay").glob("*/package.xml")]
    own = layout.root / "src" / "hearth_interfaces"
    if (own / "package.xml").is_file():
        folders.append(own)
    needed = {name for folder in folders for name in needs(folder)}
    return sorted(
        folders, key=lambda folder: (folder.name not in needed, -len(list(folder.glob("*/*.*"))))
    )


def needs(folder: Path) -> set[str]:
    """What the package in `folder` says it depends on."""
    text = (folder / "package.xml").read_text(encoding="utf-8")
    return set(re.findall(r"<depend>([a-z0-9_]+)</depend>", text))


def build(layout: Layout, key: str, progress: Progress) -> None:
    """Put the interface packages at `layout.interfaces`, from the cache or from source."""
    archive = layout.cache / "interfaces" / f"{key}.tar.gz"
    staged = layout.hearth / "interfaces.new"
    shutil.rmtree(staged, ignore_errors=True)
    if not _restore(layout, archive, staged, key):
        shutil.rmtree(staged, ignore_errors=True)
        _compile(layout, staged, progress)
        write_atomic(staged / KEY_FILE, key)
        _store(layout, archive, staged)
        _replace(staged, str(staged), str(layout.interfaces))  # where it is about to stand
    old = layout.hearth / "interfaces.old"
    shutil.rmtree(old, ignore_errors=True)
    if layout.interfaces.exists():
        layout.interfaces.rename(old)
    staged.rename(layout.interfaces)
    shutil.rmtree(old, ignore_errors=True)


def built_key(layout: Layout) -> str:
    """The key of what is built, or nothing."""
    with suppress(OSError):
        return (layout.interfaces / KEY_FILE).read_text(encoding="utf-8")
    return ""


def _compile(layout: Layout, prefix: Path, progress: Progress) -> None:
    folders = package_folders(layout)
    env = build_environment(layout)
    # A generator runs on one core; a compiler fills the other.
    workers = min(2, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        jobs: dict[Future[None], Path] = {}
        for folder in folders:
            before = [job for job, other in jobs.items() if other.name in needs(folder)]
            jobs[pool.submit(_make, layout, folder, prefix, env, before)] = folder
        try:
            for number, job in enumerate(as_completed(jobs), start=1):
                job.result()
                progress.note(f"{jobs[job].name}, {number} of {len(folders)}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _make(
    layout: Layout,
    folder: Path,
    prefix: Path,
    env: Mapping[str, str],
    before: Sequence[Future[None]] = (),
) -> None:
    for job in before:  # submitted earlier, so it runs or is done
        job.result()
    build_folder = layout.hearth / "build" / folder.name
    # A cache of another place or interpreter stops CMake; objects of another source do no harm.
    (build_folder / "CMakeCache.txt").unlink(missing_ok=True)
    log = layout.hearth / "log" / "interfaces" / folder.name
    configure = [
        *("cmake", "-S", str(folder), "-B", str(build_folder), "-G", "Ninja"),
        f"-DCMAKE_INSTALL_PREFIX={prefix}",
        f"-DCMAKE_PROJECT_INCLUDE={SETTINGS}",
        "-DBUILD_TESTING=OFF",
        "-DCMAKE_C_FLAGS=-O1",
        f"-DPython3_EXECUTABLE={layout.python}",
        "-DPython3_FIND_VIRTUALENV=ONLY",
    ]
    run_logged(configure, log.with_suffix(".configure.log"), env)
    target = ["cmake", "--build", str(build_folder), "--target", "install", "--parallel", "2"]
    run_logged(target, log.with_suffix(".build.log"), env)


def _store(layout: Layout, archive: Path, staged: Path) -> None:
    """Keep a copy in the cache, with the clone's path taken out; failing that, do without."""
    with suppress(OSError):
        archive.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
            copy = Path(folder) / "prefix"
            shutil.copytree(staged, copy, symlinks=True)
            _replace(copy, str(staged), f"{_PLACEHOLDER}/interfaces")
            _replace(copy, str(layout.hearth), _PLACEHOLDER)
            packed = Path(folder) / "prefix.tar.gz"
            with tarfile.open(packed, "w:gz", compresslevel=1) as tar:
                tar.add(copy, arcname=".")
            packed.replace(archive)


def _restore(layout: Layout, archive: Path, staged: Path, key: str) -> bool:
    """Unpack from the cache; say whether that gave a whole prefix."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            if hasattr(tarfile, "data_filter"):
                tar.extractall(staged, filter="data")
            else:  # Python 3.11.2 of Debian 12
                tar.extractall(staged)
        _replace(staged, _PLACEHOLDER, str(layout.hearth))
        return (staged / KEY_FILE).read_text(encoding="utf-8") == key
    except (OSError, EOFError, tarfile.TarError, ValueError):
        return False


def _replace(folder: Path, old: str, new: str) -> None:
    for path in folder.rglob("*"):
        if path.suffix in _TEXT and path.is_file() and not path.is_symlink():
            text = path.read_text(encoding="utf-8", errors="surrogateescape")
            if old in text:
                write_atomic(path, text.replace(old, new), path.stat().st_mode & 0o777)
