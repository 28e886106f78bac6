"""Files that are either old or new, never half; hashes of what steps depend on."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

IGNORED = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"})


def write_atomic(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace `path`, so that a reader or an interruption sees the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def walk(top: Path) -> Iterator[os.DirEntry[str]]:
    """All files below `top` but caches, in no particular order; nothing if it does not exist."""
    pending = [str(top)]
    while pending:
        try:
            entries = os.scandir(pending.pop())
        except (FileNotFoundError, NotADirectoryError):
            continue
        with entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in IGNORED:
                        pending.append(entry.path)
                elif not entry.name.endswith(".pyc"):
                    yield entry


def signature(paths: Iterable[Path]) -> str:
    """A digest of names, sizes and times of all files below `paths`: cheap, for each start."""
    lines = []
    for top in paths:
        if top.is_file():
            stat = top.stat()
            lines.append(f"{top}\0{stat.st_mtime_ns}\0{stat.st_size}")
        for entry in walk(top):
            stat = entry.stat(follow_symlinks=False)
            lines.append(f"{entry.path}\0{stat.st_mtime_ns}\0{stat.st_size}")
    return hashlib.sha256("\n".join(sorted(lines)).encode(errors="surrogateescape")).hexdigest()


def content_hash(root: Path, paths: Iterable[Path], *salt: str) -> str:
    """A digest of `salt` and of the contents of `paths`, files or folders below `root`.

    Two clones with the same contents agree on it, wherever they lie.
    """
    digest = hashlib.sha256()
    for word in salt:
        digest.update(word.encode() + b"\0")
    files: list[Path] = []
    for path in paths:
        files.extend([path] if path.is_file() else (Path(entry.path) for entry in walk(path)))
    for file in sorted(files):
        digest.update(str(file.relative_to(root)).encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
