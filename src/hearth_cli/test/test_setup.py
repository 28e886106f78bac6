"""Set-up does what is missing, once, whatever happened before."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hearth_cli.setup.commands import run_logged
from hearth_cli.setup.ensure import Step, ensure, is_ready, run_steps
from hearth_cli.setup.environment import run_environment, shell_script
from hearth_cli.setup.errors import SetupError
from hearth_cli.setup.files import content_hash, signature, write_atomic
from hearth_cli.setup.layout import Layout
from hearth_cli.setup.progress import Progress
from hearth_cli.setup.wheels import patch_exports

from hearth_cli.setup import ensure as ensure_module
from hearth_cli.setup import interfaces, kernels, packages, source_tree, system
from hearth_core import jit

SETUP = Path(ensure_module.__file__).parent
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An empty clone."""
    root = tmp_path / "clone"
    (root / "requirements").mkdir(parents=True)
    (root / "requirements" / "environment.lock").write_text("a==1 \\\n    --hash=sha256:00\n")
    (root / "src" / "hearth_x").mkdir(parents=True)
    return Layout(root, tmp_path / "cache")


class Counter:
    """Steps that note when they run, and fail when told to."""

    def __init__(self, layout: Layout) -> None:
        self.ran: list[str] = []
        self.fail = ""
        self.keys = {"one": "1", "two": "2", "three": "3"}
        self._layout = layout

    def steps(self) -> list[Step]:
        return [self._step(name) for name in self.keys]

    def _step(self, name: str) -> Step:
        output = self._layout.hearth / f"{name}.out"

        def run(_: str) -> None:
            self.ran.append(name)
            if name == self.fail:
                raise KeyboardInterrupt
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_text(name)

        return Step(name, name, lambda: self.keys[name], output.exists, run)

    def go(self) -> list[str]:
        self.ran = []
        run_steps(self._layout, self.steps(), Progress(3))
        return self.ran


def test_an_interrupted_set_up_goes_on_where_it_stopped(layout: Layout) -> None:
    counter = Counter(layout)
    counter.fail = "two"
    with pytest.raises(KeyboardInterrupt):
        counter.go()
    counter.fail = ""
    assert counter.go() == ["two", "three"]
    assert counter.go() == []


def test_a_step_runs_again_when_its_inputs_change_or_its_output_is_lost(layout: Layout) -> None:
    counter = Counter(layout)
    counter.go()
    counter.keys["two"] = "changed"
    assert counter.go() == ["two"]
    (layout.hearth / "three.out").unlink()
    assert counter.go() == ["three"]


@pytest.fixture
def counted(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """`ensure` with steps that count, and outputs that exist."""
    counter = Counter(layout)
    monkeypatch.setattr(ensure_module, "steps", lambda _layout, _progress: counter.steps())
    monkeypatch.setattr(ensure_module, "check_machine", lambda _layout: None)
    for path in (layout.python, layout.interfaces / interfaces.KEY_FILE, layout.install / "x"):
        path.parent.mkdir(parents=True)
        path.write_text("")
    kernels.forget_lists(layout)
    return counter


def test_a_second_set_up_only_looks(layout: Layout, counted: Counter) -> None:
    ensure(layout)
    assert counted.ran == ["one", "two", "three"]
    counted.keys["one"] = "would run if asked"
    assert is_ready(layout)
    ensure(layout)
    assert counted.ran == ["one", "two", "three"]
    (layout.root / "src" / "hearth_x" / "new.py").write_text("x = 1\n")
    assert not is_ready(layout)


def test_an_emptied_cache_of_kernels_is_noticed(layout: Layout, counted: Counter) -> None:
    ensure(layout)
    write_atomic(kernels.list_file(layout, "a.warmup"), "a.kernel\nb.kernel\n")
    assert not is_ready(layout)
    in_cache, in_clone = kernels.folders(layout)
    write_atomic(in_cache / "a.kernel", "")
    write_atomic(in_clone / "b.kernel", "")
    assert is_ready(layout)
    (in_cache / "a.kernel").unlink()
    assert not is_ready(layout)
    kernels.forget_lists(layout)
    assert is_ready(layout)


def test_kernels_that_nobody_used_for_long_are_thrown_away(layout: Layout) -> None:
    folder = kernels.folders(layout)[0]
    for name, days in (("old", kernels.KEPT_DAYS + 1), ("used", 1)):
        write_atomic(folder / name, "")
        then = time.time() - days * 86400.0
        os.utime(folder / name, (then, then))
    kernels.prune(layout)
    assert [path.name for path in folder.iterdir()] == ["used"]


def test_kernels_are_looked_for_where_they_are_kept(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTH_ROOT", str(layout.root))
    monkeypatch.setenv("XDG_CACHE_HOME", str(layout.cache.parent / "x"))
    assert kernels.folders(Layout.of(layout.root)) == jit.folders()


def test_two_set_ups_at_once_do_the_work_once(layout: Layout, counted: Counter) -> None:
    original = counted.steps

    def slow() -> list[Step]:
        time.sleep(0.3)
        return original()

    counted.steps = slow  # type: ignore[method-assign]
    threads = [threading.Thread(target=ensure, args=(layout,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted.ran == ["one", "two", "three"]


def test_what_a_killed_set_up_started_holds_its_lock(layout: Layout) -> None:
    """Else compilers that outlive it and those of the next start write the same files."""
    log = layout.root / "files.log"
    with ensure_module._exclusive(layout):
        run_logged(["ls", "-l", "/proc/self/fd"], log, os.environ)
    assert "setup.lock" in log.read_text()
    run_logged(["ls", "-l", "/proc/self/fd"], log, os.environ)
    assert "setup.lock" not in log.read_text()


def test_a_file_is_replaced_and_not_written_into(tmp_path: Path) -> None:
    """Installed files are hard links into the installer's cache, which must stay as it is."""
    cached, installed = tmp_path / "cached", tmp_path / "installed"
    cached.write_text("old")
    installed.hardlink_to(cached)
    write_atomic(installed, "new")
    assert (cached.read_text(), installed.read_text()) == ("old", "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cached", "installed"]


def test_exported_cmake_files_name_this_machine_after_patching(tmp_path: Path) -> None:
    cmake = tmp_path / "std_msgs" / "cmake" / "x.cmake"
    cmake.parent.mkdir(parents=True)
    build = "/opt/python/cp312-cp312"
    cmake.write_text(
        f'"{build}/include/python3.12;{build}/lib/python3.12/site-packages/numpy/_core/include"'
    )
    tracer = tmp_path / "tracetools" / "cmake" / "y.cmake"
    tracer.parent.mkdir(parents=True)
    tracer.write_text('"lttng-ust;dl"')
    options = {"python_include": "/inc", "numpy_include": "/np"}
    assert patch_exports(tmp_path, **options) == 2
    assert cmake.read_text() == '"/inc;/np"'
    assert tracer.read_text() == '"dl"'
    assert patch_exports(tmp_path, **options) == 0


def test_hashes_see_contents_and_not_places(tmp_path: Path) -> None:
    for clone in ("a", "b"):
        (tmp_path / clone / "src").mkdir(parents=True)
        (tmp_path / clone / "src" / "f").write_text("same")
    a, b = tmp_path / "a", tmp_path / "b"
    assert content_hash(a, [a / "src"]) == content_hash(b, [b / "src"])
    (b / "src" / "f").write_text("other")
    assert content_hash(a, [a / "src"]) != content_hash(b, [b / "src"])
    before = signature([a])
    (a / "src" / "__pycache__").mkdir()
    (a / "src" / "__pycache__" / "f.pyc").write_text("")
    assert signature([a]) == before


def fake_compile(made: list[Path]) -> object:
    def compile_(layout: Layout, prefix: Path, _progress: Progress) -> None:
        made.append(prefix)
        (prefix / "share").mkdir(parents=True)
        (prefix / "share" / "x.cmake").write_text(f"{layout.venv}/include {prefix}/lib")

    return compile_


def test_a_second_clone_takes_interfaces_from_the_cache(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    monkeypatch.setattr(interfaces, "_compile", fake_compile(made))
    other = Layout(tmp_path / "other", layout.cache)
    for clone in (layout, other):
        clone.hearth.mkdir(parents=True)
        interfaces.build(clone, "key", Progress(1))
        assert interfaces.built_key(clone) == "key"
        text = (clone.interfaces / "share" / "x.cmake").read_text()
        assert text == f"{clone.venv}/include {clone.interfaces}/lib"
    assert len(made) == 1


@pytest.mark.parametrize("damage", ["truncated", "absent", "unwritable"])
def test_nothing_depends_on_the_cache(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    made: list[Path] = []
    monkeypatch.setattr(interfaces, "_compile", fake_compile(made))
    layout.hearth.mkdir()
    if damage == "unwritable":
        layout.cache.write_text("a file where the folder should be")
    interfaces.build(layout, "key", Progress(1))
    archive = layout.cache / "interfaces" / "key.tar.gz"
    if damage == "truncated":
        archive.write_bytes(archive.read_bytes()[:60])
    elif damage == "absent":
        archive.unlink()
    interfaces.build(layout, "key", Progress(1))
    assert len(made) == 2
    assert interfaces.built_key(layout) == "key"


def test_pips_configuration_is_handed_on() -> None:
    listing = (
        "global.index-url='https://mirror.example/simple'\n"
        "global.extra-index-url='https://a.example https://b.example'\n"
        ":env:.find-links='/wheels'\nglobal.find-links='/other'\nglobal.timeout='60'\n"
    )
    options = packages.uv_options(packages.pip_settings(listing))
    assert options[:2] == ["--default-index", "https://mirror.example/simple"]
    assert options.count("--index") == 2
    assert options[options.index("--find-links") + 1] == "/wheels"


def test_the_lock_pins_everything_with_hashes() -> None:
    blocks = packages.requirement_blocks(
        (ROOT / "requirements" / "environment.lock").read_text(encoding="utf-8")
    )
    assert len(blocks) > 100
    assert all("--hash=sha256:" in block for block in blocks.values())
    assert {"uv", "setuptools", "ros-rclpy"} <= set(blocks)


def test_set_up_needs_nothing_but_the_standard_library() -> None:
    # But two steps run in the environment: it has distutils, and hearth_core with the kernels.
    allowed = set(sys.stdlib_module_names) | {"hearth_cli", "distutils"}
    inside = {("warmup.py", "hearth_core")}
    for path in [*SETUP.glob("*.py"), SETUP.parent / "usage.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                package = name.split(".")[0]
                known = package in allowed or (path.name, package) in inside
                assert known, f"{path.name} imports {name}"
                if name.startswith("hearth_cli."):
                    assert name.startswith(("hearth_cli.setup", "hearth_cli.usage"))


def test_a_user_without_rights_is_told_the_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(system.shutil, "which", lambda _name: None)
    with pytest.raises(SetupError, match=r"sudo apt-get install .* g\+\+ cmake"):
        system.install(["g++", "cmake"], tmp_path / "log")


def test_a_package_is_linked_as_its_own_files_say(tmp_path: Path) -> None:
    folder = tmp_path / "src" / "bring"
    folder.mkdir(parents=True)
    (tmp_path / "launch").mkdir()
    (tmp_path / "launch" / "a.launch.yaml").write_text("launch: []\n")
    (folder / "package.xml").write_text("<package/>")
    (folder / "CMakeLists.txt").write_text(
        "# install(DIRECTORY no DESTINATION share)\n"
        'install(DIRECTORY ../../launch DESTINATION share/${PROJECT_NAME} PATTERN "x" EXCLUDE)\n'
    )
    (contents,) = source_tree.packages(tmp_path)
    source_tree.write_prefix(tmp_path / "prefix", Path("/py"), {"bring": contents})
    share = tmp_path / "prefix" / "share"
    assert (share / "bring" / "launch" / "a.launch.yaml").is_file()
    assert (share / "ament_index" / "resource_index" / "packages" / "bring").is_file()
    (tmp_path / "launch" / "b.launch.yaml").write_text("launch: []\n")
    assert (share / "bring" / "launch" / "b.launch.yaml").is_file()  # an edit needs no build


def test_a_shell_and_a_program_get_the_same_environment(layout: Layout, tmp_path: Path) -> None:
    (layout.root / "src" / "hearth_x" / "setup.py").write_text("")
    script = tmp_path / "env.sh"
    script.write_text(shell_script(layout))
    base = {"PATH": "/usr/bin:/bin", "MUJOCO_GL": "osmesa"}
    result = subprocess.run(
        ["bash", "-c", f". {script}; env -0"], env=base, capture_output=True, text=True, check=True
    )
    lines = [entry.partition("=") for entry in result.stdout.split("\0") if entry]
    sourced = {name: value for name, _, value in lines}
    expected = run_environment(layout, base)
    assert expected["MUJOCO_GL"] == "osmesa"  # the caller's choice stands
    different = {name for name in expected if sourced.get(name) != expected[name]}
    assert not different


def test_without_any_python_one_command_names_all_that_is_needed() -> None:
    script = (ROOT / "hearth").read_text(encoding="utf-8")
    words = set(script.partition("packages=(")[2].partition(")")[0].split())
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    wanted = {need.package.replace(version, "python3") for need in system.needs()}
    assert wanted <= words


def test_an_interface_package_is_built_after_what_it_needs() -> None:
    root = Path(__file__).resolve().parents[3]
    order = [folder.name for folder in interfaces.package_folders(Layout.of(root))]
    assert order.index("geographic_msgs") < order.index("nav2_msgs")
    assert "geographic_msgs" in interfaces.needs(root / "underlay" / "nav2_msgs")
