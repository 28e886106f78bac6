"""Processes are shown, respawned, stopped within 5 s, and leave nothing behind."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hearth_cli.launch import Launcher, Plan, ProcessSpec
from hearth_cli.launch.launcher import EventKind
from hearth_cli.launch.process import marked
from hearth_cli.launch.shared_memory import remove_dead, segments_of


def spec(name: str, code: str, **options: object) -> ProcessSpec:
    command = (sys.executable, "-S", "-c", code)
    return ProcessSpec(name=name, command=command, environment=dict(os.environ), **options)  # type: ignore[arg-type]


def until(condition: Callable[[], bool], timeout: float = 10.0) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


STUBBORN = (
    "import signal, time\n"
    "for s in (signal.SIGINT, signal.SIGTERM): signal.signal(s, signal.SIG_IGN)\n"
    "print('ready', flush=True)\n"
    "time.sleep(60)"
)


def test_lines_are_passed_on_with_the_name_of_who_wrote_them(tmp_path: Path) -> None:
    lines: list[tuple[str, str, str]] = []
    code = "import sys; print('out'); print('err', file=sys.stderr); print('no newline', end='')"
    plan = Plan([spec("a-1", code, show_stdout=True), spec("b-2", code)])
    launcher = Launcher(plan, on_line=lambda *line: lines.append(line), log_folder=tmp_path)
    launcher.start()
    assert launcher.wait(10)
    assert sorted(lines) == [
        ("a-1", "stderr", "err"),
        ("a-1", "stdout", "no newline"),
        ("a-1", "stdout", "out"),
        ("b-2", "stderr", "err"),
    ]
    assert "out" in (tmp_path / "b-2.log").read_text()  # not shown, but kept
    assert launcher.failed == []


def test_what_rclpy_says_about_its_timers_is_kept_but_not_shown(tmp_path: Path) -> None:
    lines: list[str] = []
    noise = "Warning, the number of timers associated with this clock is large."
    code = f"import sys; print({noise!r}, file=sys.stderr); print('news', file=sys.stderr)"
    launcher = Launcher(
        Plan([spec("a-1", code)]), on_line=lambda *line: lines.append(line[2]), log_folder=tmp_path
    )
    launcher.start()
    assert launcher.wait(10)
    assert lines == ["news"]
    assert noise in (tmp_path / "a-1.log").read_text()


def test_a_death_is_told_with_its_reason(tmp_path: Path) -> None:
    plan = Plan([
        spec("exits-1", "raise SystemExit(3)"),
        spec("killed-2", "import os; os.kill(os.getpid(), 9)"),
        ProcessSpec("absent-3", ("/no/such/program",), {"PATH": "/nowhere"}),
    ])  # fmt: skip
    launcher = Launcher(plan, log_folder=tmp_path)
    launcher.start()
    assert launcher.wait(10)
    texts = {e.process: e.text for e in launcher.events if e.kind is not EventKind.STARTED}
    assert "exit code 3" in texts["exits-1"]
    assert "SIGKILL" in texts["killed-2"]
    assert sorted(launcher.failed) == ["absent-3", "exits-1", "killed-2"]


def test_a_process_is_respawned_as_often_and_as_late_as_asked(tmp_path: Path) -> None:
    options = {"respawn": True, "respawn_delay": 0.2, "respawn_max_retries": 2}
    launcher = Launcher(Plan([spec("a-1", "raise SystemExit(1)", **options)]), log_folder=tmp_path)
    begin = time.monotonic()
    launcher.start()
    assert launcher.wait(10)
    kinds = [event.kind for event in launcher.events]
    assert kinds.count(EventKind.STARTED) == 3
    assert time.monotonic() - begin >= 0.4


def test_one_that_matters_takes_the_others_with_it(tmp_path: Path) -> None:
    plan = Plan([
        spec("worker-1", "import time; time.sleep(60)"),
        spec("main-2", "import time; time.sleep(0.3)", shutdown_on_exit=True),
    ])  # fmt: skip
    launcher = Launcher(plan, log_folder=tmp_path)
    launcher.start()
    assert launcher.wait(6)
    assert any(
        event.kind is EventKind.STOPPING and "main-2" in event.text for event in launcher.events
    )


def test_a_stop_ends_even_the_stubborn_and_their_children_within_5_s(tmp_path: Path) -> None:
    child = (
        "import subprocess, sys\n"
        f"command = [sys.executable, '-S', '-c', {STUBBORN!r}]\n"
        "p = subprocess.Popen(command, start_new_session=True)\n"
        "print(p.pid, flush=True); p.wait()"
    )
    lines: list[str] = []
    plan = Plan(
        [spec("parent-1", child, show_stdout=True), spec("hard-2", STUBBORN, show_stdout=True)]
    )
    launcher = Launcher(plan, on_line=lambda _n, _s, line: lines.append(line), log_folder=tmp_path)
    launcher.start()
    until(lambda: len(lines) == 3 and lines.count("ready") == 2)
    grandchild = int(next(line for line in lines if line != "ready"))
    begin = time.monotonic()
    launcher.stop()
    assert launcher.wait(6)
    assert time.monotonic() - begin < 5.0
    assert not alive(grandchild)
    assert marked(launcher._marker) == []


def test_the_polite_are_asked_and_not_killed(tmp_path: Path) -> None:
    polite = (
        "import signal, sys, time\n"
        "def stop(*_): print('base stopped', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGINT, stop); print('ready', flush=True); time.sleep(60)"
    )
    lines: list[str] = []
    plan = Plan([spec("a-1", polite, show_stdout=True)])
    launcher = Launcher(plan, on_line=lambda _n, _s, line: lines.append(line), log_folder=tmp_path)
    with launcher:
        until(lambda: lines == ["ready"])
    assert lines == ["ready", "base stopped"]
    assert launcher.events[-1].status == 0


def test_ctrl_c_on_the_command_ends_everything(tmp_path: Path) -> None:
    file = tmp_path / "x.launch.yaml"
    file.write_text(
        "launch:\n- executable: {cmd: sleep 61.25, output: screen}\n"
        "- executable: {cmd: sleep 61.25, respawn: true}\n"
    )
    root = Path(__file__).resolve().parents[1]
    path = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    env = {**os.environ, "PYTHONPATH": path, "HEARTH_ROOT": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "hearth_cli.main", "launch", str(file)],
        stdout=subprocess.PIPE, text=True, env=env,
    )  # fmt: skip
    assert process.stdout
    pids: list[int] = []
    for line in process.stdout:
        if "started with pid" in line:
            pids.append(int(line.rsplit("[", 1)[1].split("]")[0]))
        if len(pids) == 2:
            break
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=6)[0]
    assert process.returncode == 0
    assert "SIGINT" in output
    assert not any(alive(pid) for pid in pids)


def test_only_shared_memory_that_nobody_uses_is_removed(tmp_path: Path) -> None:
    for name in ("fastrtps_dead", "fastrtps_used", "fastrtps_other"):
        (tmp_path / name).write_text("x")
        (tmp_path / f"{name}_el").write_text("")
    (tmp_path / "sem.fastrtps_dead_mutex").write_text("")
    with (tmp_path / "fastrtps_used_el").open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        assert remove_dead({"fastrtps_dead", "fastrtps_used"}, tmp_path) == ["fastrtps_dead"]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {f"fastrtps_{n}{s}" for n in ("used", "other") for s in ("", "_el")}


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no /dev/shm on this machine")
def test_segments_in_use_are_seen() -> None:
    path = Path(f"/dev/shm/fastrtps_test{os.getpid()}_el")
    try:
        with path.open("w"):
            assert path.name.removesuffix("_el") in segments_of(os.getpid())
    finally:
        path.unlink()


def test_stopping_what_has_ended_or_never_began_is_harmless(tmp_path: Path) -> None:
    launcher = Launcher(Plan([spec("a-1", "pass")]), log_folder=tmp_path)
    assert launcher.wait(0.1)
    with launcher:
        assert launcher.wait(10)
    launcher.stop()
