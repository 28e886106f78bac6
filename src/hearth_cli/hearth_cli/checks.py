"""What the doctor looks at; each check yields findings and touches nothing."""

from __future__ import annotations

import enum
import importlib.metadata
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hearth_cli.domains import FIRST, LAST, reserve_domain
from hearth_cli.launch.shared_memory import FOLDER
from hearth_cli.main import clone_root
from hearth_cli.setup.kernels import folders
from hearth_cli.setup.layout import Layout
from hearth_cli.setup.packages import requirement_blocks
from hearth_cli.setup.system import needs

MINIMUM_DISK = 2e9  # bytes, for records and builds
MINIMUM_SHM = 512e6  # bytes: a dozen processes with a segment of 16 MiB each, and room
KEY_PACKAGES = ("ros-rclpy", "mujoco", "numpy", "numba", "pin", "gtsam", "py-trees", "cyclonedds")


class Level(enum.Enum):
    """How bad it is."""

    GOOD = enum.auto()
    NOTE = enum.auto()
    BAD = enum.auto()


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was seen, and what to do about it."""

    level: Level
    what: str
    detail: str
    remedy: str = ""


def _python(code: str, timeout: float, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, so that a crash in a driver is a finding."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"


def machine() -> Iterator[Finding]:
    """Operating system, Python, cores."""
    release = platform.freedesktop_os_release()
    text = f"{release.get('PRETTY_NAME')}, Python {platform.python_version()}, "
    yield Finding(Level.GOOD, "machine", text + f"{os.cpu_count()} cores")
    for need in needs():
        if not need.present():
            remedy = f"sudo apt-get install {need.package}"
            yield Finding(Level.BAD, need.what, "missing", remedy)


_IMPORT = re.compile(r"ImportError|ModuleNotFoundError|No module named")
_AGAIN = "rm -r .hearth/venv && ./hearth setup"


def packages() -> Iterator[Finding]:
    """Whether the installed packages are those of the lock file, with all their files."""
    blocks = requirement_blocks(Layout.of(clone_root()).lock.read_text(encoding="utf-8"))
    wrong, versions = [], {}
    for name, block in blocks.items():
        requirement = block.split("\\")[0].split(";")
        pinned = requirement[0].split("==")[1].strip()
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            if len(requirement) == 1:  # without a condition that may exclude this machine
                wrong.append(f"{name} is missing")
            continue
        versions[name] = distribution.version
        if distribution.version != pinned:
            wrong.append(f"{name} is {distribution.version}, pinned {pinned}")
        if lost := lost_files(distribution):
            wrong.append(f"{name} lacks {len(lost)} of its files, such as {lost[0]}")
    if wrong:
        more = f" and {len(wrong) - 8} more" if len(wrong) > 8 else ""
        yield Finding(Level.BAD, "Python packages", "; ".join(wrong[:8]) + more, _AGAIN)
        return
    keys = ", ".join(f"{name} {versions[name]}" for name in KEY_PACKAGES)
    yield Finding(Level.GOOD, "Python packages", f"{len(blocks)} pinned: {keys}")


def lost_files(distribution: importlib.metadata.Distribution) -> list[str]:
    """Files that were installed and are gone, but byte code."""
    files = [file for file in distribution.files or () if file.suffix != ".pyc"]
    return [str(file) for file in files if not Path(str(distribution.locate_file(file))).exists()]


def kernels() -> Iterator[Finding]:
    """Where compiled kernels are kept, and whether a second clone will find them."""
    shared, own = folders(Layout.of(clone_root()))
    if os.access(shared, os.W_OK):
        yield Finding(Level.GOOD, "kernels", f"{len(list(shared.iterdir()))} in {shared}")
        return
    what = f"{shared} cannot be written; they are kept in {own}, for this clone alone"
    yield Finding(Level.NOTE, "kernels", what, f"set XDG_CACHE_HOME, or: chown -R $USER {shared}")


_RENDER = """
import mujoco
ball = "<light pos='0 0 3'/><geom type='sphere' size='1' rgba='1 0 0 1'/>"
model = mujoco.MjModel.from_xml_string(f"<mujoco><worldbody>{ball}</worldbody></mujoco>")
data = mujoco.MjData(model)
mujoco.mj_forward(model, data)
with mujoco.Renderer(model, 120, 160) as renderer:
    renderer.update_scene(data)
    image = renderer.render()
    from OpenGL import GL
    print(int(image[..., 0].max()), GL.glGetString(GL.GL_RENDERER).decode(), sep="|")
"""


def graphics() -> Iterator[Finding]:
    """Render a red ball without a screen."""
    backend = os.environ.get("MUJOCO_GL", "egl")
    result = _python(_RENDER, timeout=60)
    red, _, renderer = _last(result.stdout).partition("|")
    if result.returncode or not red.isdigit() or int(red) < 100:
        seen = _last(result.stderr) if result.returncode else f"the picture is black ({red})"
        remedy = "sudo apt-get install libegl1 libgl1-mesa-dri libgl1; unset MUJOCO_GL"
        remedy = _AGAIN if _IMPORT.search(seen) else remedy
        yield Finding(Level.BAD, "rendering", f"{backend}: {seen}", remedy)
        return
    yield Finding(Level.GOOD, "rendering", f"{backend} on {renderer}")


_TALKER = """
import time, rclpy
from std_msgs.msg import String
rclpy.init()
node = rclpy.create_node("hearth_doctor_talker")
publisher = node.create_publisher(String, "hearth_doctor", 10)
end = time.monotonic() + 15
while time.monotonic() < end:
    publisher.publish(String(data=str(time.monotonic_ns())))
    time.sleep(0.05)
"""
_LISTENER = """
import time, rclpy
from std_msgs.msg import String
begin = time.monotonic()
ages = []
rclpy.init()
node = rclpy.create_node("hearth_doctor_listener")
def heard(message):
    ages.append(time.monotonic_ns() - int(message.data))
    if len(ages) == 1:
        print(f"{time.monotonic() - begin:.2f}", end="|")
node.create_subscription(String, "hearth_doctor", heard, 10)
while len(ages) < 20 and time.monotonic() < begin + 12:
    rclpy.spin_once(node, timeout_sec=0.1)
print(f"{sorted(ages)[len(ages) // 2] / 1e6:.2f}" if ages else "silence")
"""


def middleware() -> Iterator[Finding]:
    """Two processes find each other over DDS and talk."""
    rmw = os.environ.get("RMW_IMPLEMENTATION", "?")
    domain = reserve_domain()
    variables = {"ROS_DOMAIN_ID": str(domain.number)}
    with subprocess.Popen(
        [sys.executable, "-c", _TALKER], env={**os.environ, **variables}, stderr=subprocess.DEVNULL
    ) as talker:
        try:
            result = _python(_LISTENER, timeout=30, **variables)
        finally:
            talker.terminate()
    domain.close()
    found, _, latency = _last(result.stdout).partition("|")
    if result.returncode or not latency:
        seen = (
            _last(result.stderr) if result.returncode else "two processes do not hear each other"
        )
        remedy = "check the loopback interface (ip addr show lo) and firewall rules for UDP on it"
        remedy = _AGAIN if _IMPORT.search(seen) else remedy
        yield Finding(Level.BAD, "DDS", f"{rmw}: {seen}", remedy)
        return
    text = f"{rmw}: two processes met in {found} s and talk in {latency} ms"
    yield Finding(Level.GOOD, "DDS", text)
    if os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE") != "LOCALHOST":
        yield Finding(
            Level.NOTE, "DDS discovery", "reaches beyond this machine",
            "unset ROS_AUTOMATIC_DISCOVERY_RANGE",
        )  # fmt: skip


def domains() -> Iterator[Finding]:
    """How many ROS domains are free, by their first UDP port."""
    free = 0
    for number in range(FIRST, LAST + 1):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", 7400 + 250 * number + 10))
                free += 1
            except OSError:
                continue
    chosen = os.environ.get("ROS_DOMAIN_ID")
    text = f"{free} of {LAST - FIRST + 1} are free; " + (
        f"ROS_DOMAIN_ID={chosen} is set: runs share it" if chosen else "each run takes its own"
    )
    if free < 10:
        yield Finding(Level.BAD, "domains", text, "end other ROS programs on this machine")
        return
    yield Finding(Level.NOTE if chosen else Level.GOOD, "domains", text)


def compare_types(prefix: Path, expected: Mapping[str, str]) -> tuple[int, list[str]]:
    """How many built types equal the distribution's, and which do not."""
    equal, different = 0, []
    for package in sorted({name.split("/")[0] for name in expected}):
        for file in (prefix / "share" / package).glob("*/*.json"):
            for entry in json.loads(file.read_text(encoding="utf-8")).get("type_hashes", []):
                name = entry["type_name"]
                own = f"{package}/{file.parent.name}/{file.stem}"
                if name in expected and (name == own or name.startswith(f"{own}_")):
                    same = entry["hash_string"] == expected[name]
                    equal += same
                    different += [] if same else [name]
    return equal, different


def types() -> Iterator[Finding]:
    """Whether the interfaces built here are the distribution's."""
    layout = Layout.of(clone_root())
    reference = layout.root / "test" / "data" / "type_hashes.json"
    if not reference.is_file():
        yield Finding(Level.NOTE, "types", "no reference hashes in this checkout")
        return
    expected = json.loads(reference.read_text(encoding="utf-8"))
    equal, different = compare_types(layout.interfaces, expected)
    if different or equal < len(expected):
        text = f"{len(expected) - equal} of {len(expected)} differ or are missing: {different[:5]}"
        yield Finding(Level.BAD, "types", text, "rm -r .hearth/interfaces && ./hearth setup")
        return
    yield Finding(Level.GOOD, "types", f"{equal} types equal the distribution's, to the bit")


def disk() -> Iterator[Finding]:
    """Room for records, and for messages in shared memory."""
    free = shutil.disk_usage(clone_root()).free
    text = f"{free / 1e9:.1f} GB free"
    if free < MINIMUM_DISK:
        yield Finding(Level.BAD, "disk", text, "delete old folders in records/ and .hearth/log/")
    else:
        yield Finding(Level.GOOD, "disk", text)
    shared = shutil.disk_usage(FOLDER)
    left = len([path for path in FOLDER.glob("fastrtps_*") if not path.name.endswith("_el")])
    text = f"{shared.free / 1e6:.0f} MB free of {shared.total / 1e6:.0f}; {left} DDS segments"
    if shared.free < MINIMUM_SHM:
        remedy = (
            f"in a container: --shm-size=2g; else, with nothing running: rm {FOLDER}/fastrtps_*"
        )
        yield Finding(Level.BAD, "shared memory", text, remedy)
    else:
        yield Finding(Level.GOOD, "shared memory", text)


CHECKS: Mapping[str, Callable[[], Iterator[Finding]]] = {
    "machine": machine,
    "packages": packages,
    "kernels": kernels,
    "graphics": graphics,
    "middleware": middleware,
    "domains": domains,
    "types": types,
    "disk": disk,
}
