"""Between perception's values and ROS messages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import Point32, Polygon, PoseWithCovariance, Vector3
from hearth_core.frames import MAP
from hearth_core.geometry import Transform
from hearth_core.home.catalogue import Shape as Nominal
from hearth_nodekit.convert import to_pose, to_time
from std_msgs.msg import ColorRGBA
from vision_msgs.msg import Detection3D, Detection3DArray, ObjectHypothesisWithPose
from visualization_msgs.msg import Marker, MarkerArray

from hearth_interfaces.msg import Surface, SurfaceArray, WorldObject, WorldObjectArray
from hearth_perception.core.free_space import Area
from hearth_perception.core.semantic_map import Track
from hearth_perception.core.sighting import Sighting

_SHAPES = {
    Nominal.BOX: WorldObject.SHAPE_BOX,
    Nominal.CYLINDER: WorldObject.SHAPE_CYLINDER,
    Nominal.SPHERE: WorldObject.SHAPE_SPHERE,
    Nominal.OTHER: WorldObject.SHAPE_OTHER,
}


def to_world_object(track: Track) -> WorldObject:
    """Message of one thing of the semantic map; its pose is in map."""
    message = WorldObject(
        id=track.id,
        label=track.label,
        confidence=float(track.confidence),
        existence=float(track.existence),
        last_seen=to_time(track.last_seen),
        size=_vector(track.size),
        shape=_SHAPES[track.nominal],
        place=track.place,
    )
    message.pose = PoseWithCovariance(pose=to_pose(_upright(track.position, track.yaw)))
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = track.covariance
    covariance[3, 3] = covariance[4, 4] = 0.03**2
    covariance[5, 5] = np.radians(6.0) ** 2 if track.nominal is Nominal.BOX else np.pi**2
    message.pose.covariance = covariance.reshape(-1)
    return message


def to_world_objects(tracks: Sequence[Track], stamp: float) -> WorldObjectArray:
    """Message of the semantic map."""
    message = WorldObjectArray(objects=[to_world_object(t) for t in tracks])
    message.header.frame_id = MAP
    message.header.stamp = to_time(stamp)
    return message


def to_surfaces(areas: Sequence[Area], stamp: float) -> SurfaceArray:
    """Message of the surfaces seen so far."""
    message = SurfaceArray()
    message.header.frame_id = MAP
    message.header.stamp = to_time(stamp)
    for area in areas:
        polygon = Polygon()
        if area.free is not None:
            polygon.points = [
                Point32(x=float(x), y=float(y), z=float(area.height)) for x, y in area.free
            ]
        message.surfaces.append(
            Surface(
                id=area.id,
                place=area.place,
                pose=to_pose(area.pose.lift(area.height)),
                size=Vector3(x=area.size[0], y=area.size[1], z=0.0),
                free=polygon,
            )
        )
    return message


def to_detections(sightings: Sequence[Sighting], stamp: float) -> Detection3DArray:
    """Message of what one view showed, nothing remembered."""
    message = Detection3DArray()
    message.header.frame_id = MAP
    message.header.stamp = to_time(stamp)
    for sighting in sightings:
        detection = Detection3D(header=message.header)
        pose = to_pose(_upright(sighting.shape.middle, sighting.shape.yaw))
        detection.bbox.center = pose
        detection.bbox.size = _vector(sighting.shape.size)
        for label, score in sorted(sighting.scores.items(), key=lambda item: -item[1])[:5]:
            hypothesis = ObjectHypothesisWithPose()
            hypothesis.hypothesis.class_id = label
            hypothesis.hypothesis.score = float(score)
            hypothesis.pose.pose = pose
            detection.results.append(hypothesis)
        message.detections.append(detection)
    return message


def to_markers(tracks: Sequence[Track], areas: Sequence[Area], stamp: float) -> MarkerArray:
    """Bodies, names and free areas for RViz."""
    clear = Marker(action=Marker.DELETEALL)
    clear.header.frame_id = MAP
    message = MarkerArray(markers=[clear])
    for number, track in enumerate(tracks):
        body = _marker("things", number, stamp)
        body.type = {
            Nominal.BOX: Marker.CUBE,
            Nominal.SPHERE: Marker.SPHERE,
        }.get(track.nominal, Marker.CYLINDER)
        body.pose = to_pose(_upright(track.position, track.yaw))
        body.scale = _vector(track.size)
        body.color = ColorRGBA(r=1.0, g=0.8, b=0.1, a=float(0.2 + 0.6 * track.existence))
        text = _marker("names", number, stamp)
        text.type = Marker.TEXT_VIEW_FACING
        text.pose = to_pose(
            Transform(np.eye(3), track.position + np.array([0.0, 0.0, track.size[2] / 2 + 0.05]))
        )
        text.scale.z = 0.05
        text.color = ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0)
        text.text = f"{track.id} {track.confidence:.2f}"
        message.markers += [body, text]
    for number, area in enumerate(areas):
        if area.free is None:
            continue
        low, high = area.free[3], area.free[1]
        patch = _marker("free", number, stamp)
        patch.type = Marker.CUBE
        middle = Transform(area.pose.lift().rotation, np.array([*((low + high) / 2), area.height]))
        patch.pose = to_pose(middle)
        size = np.abs(area.pose.lift().rotation[:2, :2].T @ (high - low))
        patch.scale = Vector3(x=float(size[0]), y=float(size[1]), z=0.004)
        patch.color = ColorRGBA(r=0.2, g=0.8, b=0.3, a=0.5)
        message.markers.append(patch)
    return message


def _marker(namespace: str, number: int, stamp: float) -> Marker:
    marker = Marker(ns=namespace, id=number, action=Marker.ADD)
    marker.header.frame_id = MAP
    marker.header.stamp = to_time(stamp)
    return marker


def _upright(position: np.ndarray, yaw: float) -> Transform:
    x, y, z = (float(v) for v in position)
    return Transform.from_xyz_rpy((x, y, z), (0.0, 0.0, yaw))


def _vector(values: np.ndarray) -> Vector3:
    x, y, z = (float(v) for v in values)
    return Vector3(x=x, y=y, z=z)
