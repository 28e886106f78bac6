"""``hearth appliances``: tables and tokens; what it serves is tested where it is made."""

import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hearth_appliances.backends.listing import Row, table
from hearth_appliances.core.values import DeviceInfo

from hearth_appliances import command

TOKEN = "thinqpat_typed0typed0"


def test_a_token_is_stored_for_its_owner_only_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hearth" / "token"
    monkeypatch.setattr("sys.stdin", io.StringIO(TOKEN + "\n"))
    assert command.main(["login", "--file", str(path)]) == 0
    assert path.read_text() == TOKEN + "\n"
    assert path.stat().st_mode & 0o777 == 0o600
    shown = capsys.readouterr()
    assert str(path) in shown.out
    assert TOKEN not in shown.out + shown.err


def test_nothing_is_stored_when_nothing_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "token"
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert command.main(["login", "--file", str(path)]) == 2
    assert not path.exists()
    assert "nothing was stored" in capsys.readouterr().err


def test_the_vendors_cloud_is_not_asked_with_a_token_others_can_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "token"
    path.write_text(TOKEN)
    path.chmod(0o644)
    assert command.main(["list", "--cloud", "thinq", "--token", str(path)]) == 2
    assert "chmod 600" in capsys.readouterr().err


def test_devices_are_shown_as_a_table_without_a_cloud_running(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["list", "--endpoint", str(tmp_path / "cloud.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 31
    assert any(line.startswith("Refrigerator ") and "doorState CLOSE" in line for line in lines)


def test_columns_are_as_wide_as_what_is_in_them() -> None:
    rows = [
        Row(DeviceInfo("1", "DEVICE_WASHER", "A very long alias", "M"), online=True, says="END"),
        Row(DeviceInfo("2", "DEVICE_OVEN", "B", "M"), online=False, says=""),
    ]
    first, second, third = table(rows).splitlines()
    assert first.index("type") == second.index("washer") == third.index("oven")
    assert third.endswith("offline")


def test_ctrl_c_ends_it_and_its_broker(tmp_path: Path) -> None:
    path = tmp_path / "cloud.json"
    with subprocess.Popen(
        [sys.executable, "-m", "hearth_appliances.command", "--types", "washer",
         "--endpoint", str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        assert "1 appliances" in child.stdout.readline()
        tasks = Path(f"/proc/{child.pid}/task").glob("*/children")
        brokers = {pid for task in tasks for pid in task.read_text().split()}
        assert len(brokers) == 1
        assert child.stdin is not None
        child.stdin.write("press Washer remote_start\n")
        child.stdin.flush()
        assert child.stdout.readline().startswith("type help")
        assert child.stdout.readline() == "Washer: remote_start pressed\n"
        child.send_signal(signal.SIGINT)
        assert child.wait(60.0) == 0
    assert not path.exists()
    assert not Path(f"/proc/{brokers.pop()}").exists()
