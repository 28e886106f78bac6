"""Kernels come from the cache when, and only when, all that they are made of is the same."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hearth_core.jit_content import UnknownContentError, key_of

from hearth_core import jit

CALLEE = """
from hearth_core.jit import kernel

GAIN = 2.0

@kernel
def scaled(value):
    return GAIN * value
"""
CALLER = """
from typing import NamedTuple

from callee_of_jit import scaled
from hearth_core.jit import kernel

class Pair(NamedTuple):
    first: float
    second: float

@kernel
def twice(value):
    return scaled(scaled(value))

@kernel
def difference(pair):
    return pair.first - pair.second
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache folder, no clone, and no module left behind."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("HEARTH_ROOT", raising=False)
    yield tmp_path / "cache" / "hearth" / "kernels"
    for name in ("callee_of_jit", "caller_of_jit"):
        sys.modules.pop(name, None)


def load(folder: Path, callee: str = CALLEE, caller: str = CALLER) -> ModuleType:
    """The two modules as a process that starts now imports them."""
    folder.mkdir(exist_ok=True)
    for name, text in (("callee_of_jit", callee), ("caller_of_jit", caller)):
        path = folder / f"{name}.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        exec(
            compile(text, path, "exec", dont_inherit=True), vars(module)
        )  # never from byte code on disk
    return module


def hits(kernel: object) -> int:
    return sum(kernel.stats.cache_hits.values())  # type: ignore[attr-defined]


def test_a_second_clone_compiles_nothing(tmp_path: Path, home: Path) -> None:
    first = load(tmp_path / "one").twice
    assert first(1.0) == 4.0
    assert hits(first) == 0
    second = load(tmp_path / "two", "# another comment\n" + CALLEE).twice
    assert second(1.0) == 4.0
    assert hits(second) == 1
    assert {path.name.split("-")[0] for path in home.iterdir()} >= {"caller_of_jit.twice"}
    assert home / next(home.glob("caller_of_jit.twice-*")) in jit.used()


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        ("GAIN * value", "GAIN + value", 5.0),
        ("GAIN = 2.0", "GAIN = 3.0", 9.0),
        ("@kernel", "@kernel(error_model='python')", 4.0),
    ],
    ids=["body", "constant", "option"],
)
def test_a_kernel_that_calls_a_changed_one_is_compiled_again(
    tmp_path: Path, old: str, new: str, result: float
) -> None:
    assert load(tmp_path / "clone").twice(1.0) == 4.0
    changed = load(tmp_path / "clone", CALLEE.replace(old, new)).twice
    assert changed(1.0) == result
    assert hits(changed) == 0


def test_fields_of_an_argument_that_change_places_compile_again(tmp_path: Path) -> None:
    module = load(tmp_path / "clone")
    assert module.difference(module.Pair(3.0, 1.0)) == 2.0
    swapped = CALLER.replace("first: float\n    second", "second: float\n    first")
    module = load(tmp_path / "clone", caller=swapped)
    assert module.difference(module.Pair(first=3.0, second=1.0)) == 2.0
    assert hits(module.difference) == 0


def test_damaged_files_are_compiled_over(tmp_path: Path, home: Path) -> None:
    load(tmp_path / "clone").twice(1.0)
    for path in home.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    kernel = load(tmp_path / "clone").twice
    assert (kernel(1.0), hits(kernel)) == (4.0, 0)
    kernel = load(tmp_path / "clone").twice
    assert (kernel(1.0), hits(kernel)) == (4.0, 1)


def test_without_a_folder_for_caches_the_clone_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be, for root too")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert load(tmp_path / "one").twice(1.0) == 4.0  # nowhere at all
    monkeypatch.setenv("HEARTH_ROOT", str(tmp_path))
    for expected in (0, 1):
        kernel = load(tmp_path / "one").twice
        assert (kernel(1.0), hits(kernel)) == (4.0, expected)
    assert list((tmp_path / ".hearth" / "kernels").glob("caller_of_jit.twice-*"))


def test_a_folder_that_can_only_be_read_serves(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(tmp_path / "clone").twice(1.0)
    before = sorted(home.iterdir())

    def refuse(path: Path, data: bytes) -> None:
        raise PermissionError(path)

    monkeypatch.setattr(jit, "_write", refuse)
    kernel = load(tmp_path / "clone").twice
    assert (kernel(1.0), hits(kernel)) == (4.0, 1)
    assert (kernel(1), hits(kernel)) == (4.0, 1)  # a new type: compiled, not kept, no error
    assert sorted(home.iterdir()) == before


def test_two_processes_at_once_both_succeed(tmp_path: Path, home: Path) -> None:
    load(tmp_path / "clone")
    program = "from caller_of_jit import twice; assert twice(1.0) == 4.0"
    path = os.pathsep.join([str(tmp_path / "clone"), *sys.path])
    both = [
        subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": path})
        for _ in range(2)
    ]
    assert [process.wait() for process in both] == [0, 0]
    assert len(list(home.glob("caller_of_jit.twice-*"))) == 1
    assert not list(home.glob(".new*"))
    kernel = load(tmp_path / "clone").twice
    assert (kernel(1.0), hits(kernel)) == (4.0, 1)


TABLE = np.arange(3.0)
STRANGE = {"a": 1}


def test_the_key_is_made_of_contents() -> None:
    def looks_up(i: int) -> float:
        return float(TABLE[i])

    def counts(i: int) -> int:
        return len(STRANGE) + i

    kernel = jit.kernel(looks_up)
    before = key_of(kernel, (), "salt")
    assert before == key_of(kernel, (), "salt") != key_of(kernel, (), "other")
    TABLE[1] = 7.0
    assert before != key_of(kernel, (), "salt")
    TABLE[1] = 1.0
    with pytest.raises(UnknownContentError, match="counts: STRANGE is a dict"):
        key_of(jit.kernel(counts), ())
