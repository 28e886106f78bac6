"""Where a robot's state, drives and sensors are in a compiled MuJoCo model."""

from collections.abc import Mapping

import mujoco
import numpy as np
import numpy.typing as npt
from hearth_core.errors import UnknownNameError
from hearth_core.geometry import Transform
from hearth_description.core.model import RobotModel

from hearth_sim.core.robot.names import BASE_DRIVES, FREE_JOINT, Scope

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class RobotIndex:
    """Addresses of one robot; made once after ``spec.compile()``.

    ``joint_names`` are all moving joints (coupled ones too), ``drive_names`` the actuated ones;
    arrays of addresses are in these orders.
    """

    def __init__(self, scope: Scope, mj_model: mujoco.MjModel) -> None:
        self.scope = scope
        self.model: RobotModel = scope.model
        kinematics = scope.model.kinematics
        self.joint_names: tuple[str, ...] = kinematics.names
        self.drive_names: tuple[str, ...] = kinematics.free_names
        joints = [mj_model.joint(scope.of(name)) for name in self.joint_names]
        self.qpos: Ints = np.array([int(joint.qposadr[0]) for joint in joints])
        self.dof: Ints = np.array([int(joint.dofadr[0]) for joint in joints])
        self.drives: Ints = np.array(
            [mj_model.actuator(scope.of(name)).id for name in self.drive_names]
        )
        where = {name: i for i, name in enumerate(self.joint_names)}
        self.drive_joint: Ints = np.array([where[name] for name in self.drive_names])
        """Position of each driven joint in ``joint_names``."""
        self.base_drives: Ints = np.array(
            [mj_model.actuator(scope.of(name)).id for name in BASE_DRIVES]
        )
        free = mj_model.joint(scope.of(FREE_JOINT))
        self.base_qpos = int(free.qposadr[0])
        self.base_dof = int(free.dofadr[0])
        self.base_body = int(mj_model.body(scope.of(scope.model.root)).id)
        self.cameras: dict[str, int] = {
            camera.name: mj_model.camera(scope.of(camera.name)).id
            for camera in scope.model.sensors.cameras
        }
        self.touch: dict[str, int] = {
            link: int(mj_model.sensor(scope.of(link)).adr[0]) for link in scope.touch_links()
        }
        self._sites = {link: mj_model.site(scope.of(link)).id for link in scope.model.links}
        self._imu = {
            label: int(mj_model.sensor(scope.of(f"{imu.name}_{label}")).adr[0])
            for imu in scope.model.sensors.imus
            for label in ("orientation", "gyro", "accelerometer")
        }

    def site(self, link: str) -> int:
        """Id of the site that stands for ``link``'s frame.

        Raises:
            UnknownNameError: No such link.
        """
        if link not in self._sites:
            raise UnknownNameError("link", link, self._sites)
        return int(self._sites[link])

    def link_pose(self, data: mujoco.MjData, link: str) -> Transform:
        """``world_from_link`` (simulated truth)."""
        site = self.site(link)
        return Transform(data.site_xmat[site].reshape(3, 3).copy(), data.site_xpos[site].copy())

    def base_pose(self, data: mujoco.MjData) -> Transform:
        """``world_from_base_footprint`` (simulated truth)."""
        w, x, y, z = data.qpos[self.base_qpos + 3 : self.base_qpos + 7]
        position = data.qpos[self.base_qpos : self.base_qpos + 3].copy()
        return Transform.from_xyz_quaternion(position, (x, y, z, w))

    def base_velocity(self, data: mujoco.MjData) -> tuple[float, float, float]:
        """vx, vy [m/s] and yaw rate [rad/s] of base_footprint in its own axes."""
        rotation = self.base_pose(data).rotation
        velocity = rotation.T @ data.qvel[self.base_dof : self.base_dof + 3]
        return float(velocity[0]), float(velocity[1]), float(data.qvel[self.base_dof + 5])

    def imu(self, data: mujoco.MjData) -> tuple[Array, Array, Array]:
        """Orientation x, y, z, w; angular velocity [rad/s]; acceleration with gravity [m/s2]."""
        read = data.sensordata
        w, x, y, z = read[self._imu["orientation"] : self._imu["orientation"] + 4]
        gyro, acceleration = self._imu["gyro"], self._imu["accelerometer"]
        return (
            np.array([x, y, z, w]),
            read[gyro : gyro + 3].copy(),
            read[acceleration : acceleration + 3].copy(),
        )

    def touch_forces(self, data: mujoco.MjData) -> dict[str, float]:
        """Pressure on each fingertip link [N]."""
        return {link: float(data.sensordata[address]) for link, address in self.touch.items()}

    def reset_joints(
        self, data: mujoco.MjData, positions: Mapping[str, float], mj_model: mujoco.MjModel
    ) -> None:
        """Put joints at ``positions`` (others at zero), at rest. Only for resets.

        Raises:
            UnknownNameError: No such moving joint.
        """
        q = self.model.kinematics.vector(positions)
        data.qpos[self.qpos] = q
        data.qvel[self.dof] = 0.0
        data.ctrl[self.drives] = q[self.drive_joint]
        data.ctrl[self.base_drives] = 0.0
        mujoco.mj_forward(mj_model, data)
