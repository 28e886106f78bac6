"""Cameras, inertial unit and fingertip pressure of a robot in MuJoCo."""

import mujoco
import numpy as np
from hearth_core.geometry import Transform

from hearth_sim.core.robot.names import Scope

CAMERA_FROM_LINK = np.array([[0.0, 0.0, -1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""Axes of a MuJoCo camera (right, up, backward) as columns in a link that looks along +x."""
TOUCH_MARGIN = 0.0015
"""[m] a fingertip's pressure zone is that much larger than its last phalanx."""


def add_sensors(spec: mujoco.MjSpec, scope: Scope) -> None:
    """Add every sensor of the model; all are found by name afterwards."""
    for camera in scope.model.sensors.cameras:
        body, at = _mount(spec, scope, camera.link)
        turned = at @ Transform(CAMERA_FROM_LINK, np.zeros(3))
        x, y, z, w = turned.quaternion()
        body.add_camera(
            name=scope.of(camera.name),
            pos=turned.translation,
            quat=[w, x, y, z],
            fovy=float(np.degrees(camera.vertical_fov)),
            resolution=[camera.width, camera.height],
        )
    for imu in scope.model.sensors.imus:
        for kind, label in (
            (mujoco.mjtSensor.mjSENS_FRAMEQUAT, "orientation"),
            (mujoco.mjtSensor.mjSENS_GYRO, "gyro"),
            (mujoco.mjtSensor.mjSENS_ACCELEROMETER, "accelerometer"),
        ):
            spec.add_sensor(
                name=scope.of(f"{imu.name}_{label}"),
                type=kind,
                objtype=mujoco.mjtObj.mjOBJ_SITE,
                objname=scope.of(imu.link),
            )
    for link in scope.touch_links():
        _add_touch(spec, scope, link)


def _add_touch(spec: mujoco.MjSpec, scope: Scope, link: str) -> None:
    """A pressure zone around the last phalanx, which ends at ``link``."""
    body, _ = _mount(spec, scope, link)
    phalanx = next(geom for geom in body.geoms if geom.type == mujoco.mjtGeom.mjGEOM_CAPSULE)
    size = phalanx.size.copy()
    size[0] += TOUCH_MARGIN
    zone = body.add_site(
        name=scope.of(f"{link}_zone"),
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        pos=phalanx.pos,
        quat=phalanx.quat,
        size=size,
        group=5,
    )
    spec.add_sensor(
        name=scope.of(link),
        type=mujoco.mjtSensor.mjSENS_TOUCH,
        objtype=mujoco.mjtObj.mjOBJ_SITE,
        objname=zone.name,
    )


def _mount(spec: mujoco.MjSpec, scope: Scope, link: str) -> tuple[mujoco.MjsBody, Transform]:
    """Body that carries ``link``, and ``body_from_link``."""
    site = spec.site(scope.of(link))
    w, x, y, z = site.quat
    return site.parent, Transform.from_xyz_quaternion(site.pos, (x, y, z, w))
