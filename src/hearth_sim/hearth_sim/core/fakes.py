"""A small room with small robots, for tests that need a world and not a home."""

from __future__ import annotations

import math
from collections.abc import Mapping

import mujoco
from hearth_core.geometry import Pose2
from hearth_core.ports import JointLimits

from hearth_sim.core.handles import (
    CameraHandle,
    HomeHandles,
    JointHandle,
    PlanarBase,
    RobotHandles,
)
from hearth_sim.core.stage import Assembly, Builder

ROOM = (2.0, 1.5)
"""Inner half extents of the room along x and y [m]."""
LIDAR_HEIGHT = 0.3
GEOM, JOINT = mujoco.mjtGeom, mujoco.mjtJoint


def fake_builder(
    starts: Mapping[str, Pose2] | None = None, charger: Pose2 | None = None
) -> Builder:
    """Builder of the small room; the seed shifts the ball a little.

    Args:
        starts: Where robots stand; by default ``robot1`` in the middle.
        charger: Where base_footprint stands when charging.
    """
    poses = {"robot1": Pose2()} if starts is None else dict(starts)

    def build(seed: int) -> Assembly:
        spec = mujoco.MjSpec()
        spec.compiler.degree = False
        home = _room(spec, seed, charger)
        return Assembly(spec, home, {name: _robot(spec, name, at) for name, at in poses.items()})

    return build


def _room(spec: mujoco.MjSpec, seed: int, charger: Pose2 | None) -> HomeHandles:
    world = spec.worldbody
    world.add_light(pos=[0, 0, 3], dir=[0, 0, -1])
    world.add_geom(name="floor", type=GEOM.mjGEOM_PLANE, size=[5, 5, 0.1], rgba=[0.7, 0.6, 0.5, 1])
    x, y = ROOM
    for name, pos, size in (
        ("wall_east", [x + 0.05, 0, 1], [0.05, y + 0.1, 1]),
        ("wall_west", [-x - 0.05, 0, 1], [0.05, y + 0.1, 1]),
        ("wall_north", [0, y + 0.05, 1], [x, 0.05, 1]),
        ("wall_south", [0, -y - 0.05, 1], [x, 0.05, 1]),
    ):
        world.add_geom(
            name=name, type=GEOM.mjGEOM_BOX, pos=pos, size=size, rgba=[0.8, 0.8, 0.9, 1]
        )
    # The table is below the lidar's plane.
    table = world.add_body(name="table", pos=[-1.5, -1.0, 0.1])
    table.add_geom(type=GEOM.mjGEOM_BOX, size=[0.3, 0.3, 0.1], rgba=[0.5, 0.3, 0.2, 1])
    ball = world.add_body(name="ball", pos=[-1.5 + 0.01 * (seed % 7), -1.0, 0.24])
    ball.add_freejoint(name="ball_joint")
    ball.add_geom(type=GEOM.mjGEOM_BOX, size=[0.03, 0.03, 0.03], mass=0.2, rgba=[1, 0.2, 0.1, 1])
    block = world.add_body(name="block", pos=[1.3, -1.0, 0.06])
    block.add_freejoint(name="block_joint")
    block.add_geom(type=GEOM.mjGEOM_BOX, size=[0.06, 0.06, 0.06], mass=0.5, rgba=[0, 0.4, 0.9, 1])
    door = world.add_body(name="cabinet_door", pos=[-1.9, 1.2, 0.1])
    door.add_joint(
        name="cabinet_hinge", type=JOINT.mjJNT_HINGE, axis=[0, 0, 1], range=[0, 1.5], damping=0.5
    )
    door.add_geom(type=GEOM.mjGEOM_BOX, pos=[0.2, 0, 0], size=[0.2, 0.01, 0.08], mass=1.0)
    return HomeHandles(
        {"ball": "ball", "block": "block"}, {"cabinet/door": "cabinet_hinge"}, charger
    )


def _robot(spec: mujoco.MjSpec, name: str, start: Pose2) -> RobotHandles:
    """A disc with one joint, one finger, a lidar, an IMU and a camera that looks ahead."""
    base = spec.worldbody.add_body(name=f"{name}/base_footprint", pos=[start.x, start.y, 0])
    base.quat = [math.cos(start.yaw / 2), 0, 0, math.sin(start.yaw / 2)]
    planar = PlanarBase(
        (f"{name}/x", f"{name}/y", f"{name}/yaw"),
        (f"{name}/drive_x", f"{name}/drive_y", f"{name}/drive_yaw"),
    )
    kinds = (JOINT.mjJNT_SLIDE, JOINT.mjJNT_SLIDE, JOINT.mjJNT_HINGE)
    axes = ([1, 0, 0], [0, 1, 0], [0, 0, 1])
    for joint, drive, kind, axis in zip(planar.joints, planar.actuators, kinds, axes, strict=True):
        base.add_joint(name=joint, type=kind, axis=axis)
        servo = spec.add_actuator(name=drive, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        servo.set_to_velocity(kv=400.0 if kind == JOINT.mjJNT_SLIDE else 40.0)
    base.add_geom(type=GEOM.mjGEOM_CYLINDER, pos=[0, 0, 0.12], size=[0.2, 0.1, 0], mass=40.0)
    base.add_site(name=f"{name}/lidar_link", pos=[0, 0, LIDAR_HEIGHT])
    base.add_site(name=f"{name}/imu_link", pos=[0, 0, 0.1])
    mast = base.add_body(name=f"{name}/mast", pos=[0, 0, 0.22])
    mast.add_joint(name=f"{name}/pan", type=JOINT.mjJNT_HINGE, axis=[0, 0, 1], armature=0.01)
    mast.add_geom(type=GEOM.mjGEOM_BOX, pos=[0, 0, 0.2], size=[0.03, 0.03, 0.2], mass=1.0)
    mast.add_camera(name=f"{name}/eye", pos=[0.05, 0, 0.3], fovy=60, xyaxes=[0, -1, 0, 0, 0, 1])
    tip = mast.add_body(name=f"{name}/tip", pos=[0.0, 0, 0.45])
    tip.add_geom(type=GEOM.mjGEOM_SPHERE, size=[0.02, 0, 0], mass=0.01)
    tip.add_site(name=f"{name}/tip", size=[0.025, 0, 0])
    servo = spec.add_actuator(
        name=f"{name}/pan", target=f"{name}/pan", trntype=mujoco.mjtTrn.mjTRN_JOINT
    )
    servo.set_to_position(kp=50.0, kv=2.0)
    servo.forcerange = [-20, 20]
    servo.forcelimited = 1
    obj, kind = mujoco.mjtObj.mjOBJ_SITE, mujoco.mjtSensor
    for sensor, what, site in (
        ("gyro", kind.mjSENS_GYRO, "imu_link"),
        ("accelerometer", kind.mjSENS_ACCELEROMETER, "imu_link"),
        ("orientation", kind.mjSENS_FRAMEQUAT, "imu_link"),
        ("touch", kind.mjSENS_TOUCH, "tip"),
    ):
        spec.add_sensor(name=f"{name}/{sensor}", type=what, objtype=obj, objname=f"{name}/{site}")
    limits = JointLimits(-1.5, 1.5, 2.0, 10.0, 20.0)
    return RobotHandles(
        name=name,
        urdf=f'<robot name="{name}"/>',
        root_body=f"{name}/base_footprint",
        base=planar,
        groups={"head": [JointHandle("pan", f"{name}/pan", limits, f"{name}/pan")]},
        cameras=[CameraHandle("eye", f"{name}/eye", 160, 120, "eye_optical", "eye_optical")],
        lidar_site=f"{name}/lidar_link",
        imu_site=f"{name}/imu_link",
        gyro=f"{name}/gyro",
        accelerometer=f"{name}/accelerometer",
        orientation=f"{name}/orientation",
        touch={"tip": f"{name}/touch"},
        rest={"pan": 0.2},
    )
