"""The ``<gazebo>`` elements of a URDF: frictions, accelerations, and sensors in SDF's words."""

import xml.etree.ElementTree as ET

from hearth_core.errors import FileFormatError

from hearth_description.core.parts import CameraSpec, Extras, ImuSpec, LidarSpec, Sensors

DEPTH_CAMERAS = {"rgbd_camera", "depth_camera", "depth"}


def read_extras(root: ET.Element, source: str) -> Extras:
    """Read every ``<gazebo reference=...>`` of a URDF document.

    Args:
        root: The ``<robot>`` element.
        source: File to name in errors.

    Raises:
        FileFormatError: A sensor lacks a number it needs, or is of an unknown type.
    """
    friction: dict[str, float] = {}
    acceleration: dict[str, float] = {}
    cameras: list[CameraSpec] = []
    lidars: list[LidarSpec] = []
    imus: list[ImuSpec] = []
    for node in root.findall("gazebo"):
        name = node.get("reference", "")
        if (value := node.findtext("mu1")) is not None:
            friction[name] = float(value)
        if (value := node.findtext("acceleration")) is not None:
            acceleration[name] = float(value)
        for sensor in node.findall("sensor"):
            reader = _Numbers(sensor, source)
            kind = sensor.get("type", "")
            if "camera" in kind or kind == "depth":
                cameras.append(_camera(reader, name, kind in DEPTH_CAMERAS))
            elif "lidar" in kind or kind == "ray":
                lidars.append(_lidar(reader, name))
            elif kind == "imu":
                imus.append(ImuSpec(reader.name, name, reader("update_rate")))
            else:
                raise FileFormatError(
                    source, f"sensor {reader.name!r}", f"type {kind!r} is not a camera, lidar, imu"
                )
    return Extras(friction, acceleration, Sensors(tuple(cameras), tuple(lidars), tuple(imus)))


class _Numbers:
    """Numbers below one sensor element."""

    def __init__(self, node: ET.Element, source: str) -> None:
        self._node = node
        self._source = source
        self.name = node.get("name", "")

    def __call__(self, path: str) -> float:
        text = self._node.findtext(path)
        if text is None:
            raise FileFormatError(self._source, f"sensor {self.name!r}", f"has no <{path}>")
        return float(text)


def _camera(number: _Numbers, link: str, has_depth: bool) -> CameraSpec:
    return CameraSpec(
        name=number.name,
        link=link,
        width=int(number("camera/image/width")),
        height=int(number("camera/image/height")),
        horizontal_fov=number("camera/horizontal_fov"),
        near=number("camera/clip/near"),
        far=number("camera/clip/far"),
        rate=number("update_rate"),
        has_depth=has_depth,
    )


def _lidar(number: _Numbers, link: str) -> LidarSpec:
    horizontal = "lidar/scan/horizontal"
    return LidarSpec(
        name=number.name,
        link=link,
        samples=int(number(f"{horizontal}/samples")),
        angle_min=number(f"{horizontal}/min_angle"),
        angle_max=number(f"{horizontal}/max_angle"),
        range_min=number("lidar/range/min"),
        range_max=number("lidar/range/max"),
        noise=number("lidar/noise/stddev"),
        rate=number("update_rate"),
    )
