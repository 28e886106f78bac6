"""PlanningScene messages as changes of the planning scene, and the scene as a message."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import Pose, Quaternion
from hearth_core.errors import HearthError
from hearth_core.frames import ODOM
from hearth_core.geometry import Transform
from hearth_nodekit.convert import to_pose as to_pose_message
from moveit_msgs.msg import (
    AllowedCollisionEntry,
    AllowedCollisionMatrix,
    AttachedCollisionObject,
    CollisionObject,
    PlanningScene,
    PlanningSceneComponents,
)
from shape_msgs.msg import Mesh, SolidPrimitive

from hearth_manipulation.core.meshing import mesh_boxes
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.scene import Scene, Thing
from hearth_manipulation.core.scene_keeper import Attached, SceneKeeper
from hearth_manipulation.moveit.codes import RequestError
from hearth_manipulation.moveit.frames import Frames, to_pose

_ADD, _REMOVE, _APPEND, _MOVE = b"\x00", b"\x01", b"\x02", b"\x03"
_DIMENSIONS = {
    SolidPrimitive.BOX: 3,
    SolidPrimitive.SPHERE: 1,
    SolidPrimitive.CYLINDER: 2,
    SolidPrimitive.CONE: 2,
}


def apply_scene(message: PlanningScene, keeper: SceneKeeper, frames: Frames) -> None:
    """Change the scene as a message says; a part that is wrong leaves what came before it done.

    A whole scene (``is_diff`` false) replaces what clients added; what the robot knows stays.

    Raises:
        RequestError: What cannot be done, by name.
    """
    if message.link_padding or message.link_scale:
        raise RequestError("not_supported", "links are neither padded nor scaled")
    if message.world.octomap.octomap.data:
        raise RequestError("not_supported", "octomaps are not taken; the depth camera is read")
    if not message.is_diff:
        for item in keeper.attached():
            keeper.detach(item.name)
        keeper.clear()
    for item in message.robot_state.attached_collision_objects:
        _attach(item, keeper, frames)
    for thing in message.world.collision_objects:
        _change(thing, keeper, frames)
    _allow(message.allowed_collision_matrix, keeper)


def to_things(message: CollisionObject, frame: Transform) -> list[Thing]:
    """Solids of a collision object; several are ``id#0`` and so on.

    Args:
        message: The object.
        frame: Scene from the frame that the object is given in.

    Raises:
        RequestError: ``bad_goal`` or ``not_supported``: nothing in it, wrong sizes, planes.
    """
    if message.planes:
        raise RequestError("not_supported", f"{message.id}: planes are not taken, give a box")
    pairs = [
        (message.primitives, message.primitive_poses, "primitives"),
        (message.meshes, message.mesh_poses, "meshes"),
    ]
    things: list[Thing] = []
    for shapes, poses, what in pairs:
        if len(poses) not in {len(shapes), 0} or (len(shapes) > 1 and not poses):
            raise RequestError(
                "bad_goal", f"{message.id}: {len(shapes)} {what}, {len(poses)} poses"
            )
        for number, shape in enumerate(shapes):
            local = to_pose(poses[number]) if poses else Transform.identity()
            pose = frame @ _object_pose(message.pose) @ local
            name = f"{message.id}#{len(things)}"
            if isinstance(shape, Mesh):
                things += _mesh(name, shape, pose)
            else:
                things.append(_primitive(name, shape, pose))
    if not things:
        raise RequestError("bad_goal", f"object {message.id!r} has no shape")
    names = [message.id] if len(things) == 1 else [f"{message.id}#{k}" for k in range(len(things))]
    return [
        Thing(name, thing.shape, thing.size, thing.pose)
        for name, thing in zip(names, things, strict=True)
    ]


def to_message(
    keeper: SceneKeeper, scene: Scene, model: RobotModel, components: int
) -> PlanningScene:
    """The scene as a message, the parts that are asked for; 0: all of them."""
    c = PlanningSceneComponents
    wanted = components or 0x3FF
    message = PlanningScene(name=f"(version {scene.version})", robot_model_name=model.name)
    message.is_diff = False
    if wanted & (c.WORLD_OBJECT_NAMES | c.WORLD_OBJECT_GEOMETRY):
        geometry = bool(wanted & c.WORLD_OBJECT_GEOMETRY)
        objects: dict[str, CollisionObject] = {}
        for name, thing in scene.things.items():
            key = name.partition("#")[0]
            item = objects.setdefault(key, _empty(key, ODOM))
            if geometry:
                _add_shape(item, thing)
        message.world.collision_objects = list(objects.values())
    if wanted & c.ROBOT_STATE_ATTACHED_OBJECTS:
        message.robot_state.attached_collision_objects = [
            _attached(item) for item in keeper.attached()
        ]
    if wanted & c.ALLOWED_COLLISION_MATRIX:
        message.allowed_collision_matrix = _matrix(model)
    return message


def _change(message: CollisionObject, keeper: SceneKeeper, frames: Frames) -> None:
    operation = bytes(message.operation) if message.operation else _ADD
    if operation == _REMOVE:
        if not message.id:
            keeper.clear()
        elif not keeper.remove([message.id]):
            raise RequestError("unknown_object", _unknown(message.id, keeper))
        return
    if not message.id:
        raise RequestError("bad_goal", "a collision object needs an id")
    frame = frames(message.header.frame_id)
    present = _pieces(message.id, keeper.world.scene())
    if operation == _MOVE:
        if not present:
            raise RequestError("unknown_object", _unknown(message.id, keeper))
        keeper.add(_moved(message, present, frame))
        return
    things = to_things(message, frame)
    if operation == _APPEND and present:
        first = len(present)
        things = [
            Thing(f"{message.id}#{first + k}", t.shape, t.size, t.pose)
            for k, t in enumerate(things)
        ]
    elif present:
        keeper.remove([message.id])
    keeper.add(things)


def _moved(message: CollisionObject, present: list[Thing], frame: Transform) -> list[Thing]:
    """The pieces of an object, the first of them where the message says."""
    poses = [*message.primitive_poses, *message.mesh_poses]
    new = frame @ _object_pose(message.pose)
    if poses:
        new = new @ to_pose(poses[0])
    shift = new @ present[0].pose.inverse()
    return [Thing(t.name, t.shape, t.size, shift @ t.pose) for t in present]


def _attach(message: AttachedCollisionObject, keeper: SceneKeeper, frames: Frames) -> None:
    name = message.object.id
    operation = bytes(message.object.operation) if message.object.operation else _ADD
    if operation == _REMOVE:
        known = {item.name: item for item in keeper.attached()}
        names = [name] if name else list(known)
        for one in names:
            if one not in known:
                raise RequestError("unknown_object", f"{one!r} is not attached: {sorted(known)}")
            item = keeper.detach(one)
            odom_from_link = frames(item.link)
            keeper.add(
                Thing(t.name, t.shape, t.size, odom_from_link @ t.pose) for t in item.things
            )
        return
    if not message.link_name:
        raise RequestError("unknown_link", f"{name}: attached to no link")
    link_from_odom = frames(message.link_name).inverse()
    if message.object.primitives or message.object.meshes:
        things = to_things(message.object, frames(message.object.header.frame_id))
    else:  # something that stands in the world already
        things = _pieces(name, keeper.world.scene())
        if not things:
            raise RequestError("unknown_object", _unknown(name, keeper))
    local = tuple(Thing(t.name, t.shape, t.size, link_from_odom @ t.pose) for t in things)
    try:
        keeper.attach(Attached(name, message.link_name, local, tuple(message.touch_links)))
    except HearthError as error:
        raise RequestError("unknown_link", f"{name}: {error}") from error


def _allow(matrix: AllowedCollisionMatrix, keeper: SceneKeeper) -> None:
    """Pairs of links only: of things the client says so by taking them out of the scene."""
    if len(matrix.entry_values) != len(matrix.entry_names):
        raise RequestError("bad_goal", "the allowed collision matrix is not square")
    links = set(keeper.planner().model.links)
    yes: list[tuple[str, str]] = []
    no: list[tuple[str, str]] = []
    for i, row in enumerate(matrix.entry_values):
        if len(row.enabled) != len(matrix.entry_names):
            raise RequestError("bad_goal", "the allowed collision matrix is not square")
        for j in range(i):
            pair = (matrix.entry_names[i], matrix.entry_names[j])
            if set(pair) <= links:
                (yes if row.enabled[j] else no).append(pair)
            elif row.enabled[j]:
                raise RequestError(
                    "not_supported", f"things cannot be touched by some links: {pair}"
                )
    if any(matrix.default_entry_values):
        raise RequestError(
            "not_supported", "what may touch anything must be taken out of the scene"
        )
    keeper.allow(no, allowed=False)
    keeper.allow(yes)


def _primitive(name: str, shape: SolidPrimitive, pose: Transform) -> Thing:
    size = np.array(shape.dimensions, float)
    count = _DIMENSIONS.get(shape.type)
    if count is None:
        raise RequestError(
            "not_supported",
            f"{name}: no shape {shape.type}; possible: box, sphere, cylinder, cone",
        )
    if len(size) != count or not np.all(np.isfinite(size)) or np.any(size <= 0.0):
        raise RequestError("bad_goal", f"{name}: dimensions {list(shape.dimensions)}")
    if shape.type == SolidPrimitive.BOX:
        return Thing(name, "box", size, pose)
    if shape.type == SolidPrimitive.SPHERE:
        return Thing(name, "sphere", np.full(3, 2.0 * size[0]), pose)
    # Height and radius; a cone is taken as the cylinder around it.
    return Thing(name, "cylinder", np.array([2 * size[1], 2 * size[1], size[0]]), pose)


def _mesh(name: str, mesh: Mesh, pose: Transform) -> list[Thing]:
    vertices = np.array([(v.x, v.y, v.z) for v in mesh.vertices], float).reshape(-1, 3)
    faces = np.array([t.vertex_indices for t in mesh.triangles], np.int32).reshape(-1, 3)
    return mesh_boxes(name, vertices, faces, pose)


def _add_shape(item: CollisionObject, thing: Thing) -> None:
    size = [float(v) for v in thing.size]
    if thing.shape == "box":
        shape = SolidPrimitive(type=SolidPrimitive.BOX, dimensions=size)
    elif thing.shape == "sphere":
        shape = SolidPrimitive(type=SolidPrimitive.SPHERE, dimensions=[0.5 * size[0]])
    else:
        shape = SolidPrimitive(
            type=SolidPrimitive.CYLINDER, dimensions=[size[2], 0.25 * (size[0] + size[1])]
        )
    item.primitives.append(shape)
    item.primitive_poses.append(to_pose_message(thing.pose))


def _attached(item: Attached) -> AttachedCollisionObject:
    message = AttachedCollisionObject(link_name=item.link, touch_links=list(item.touches))
    message.object = _empty(item.name, item.link)
    for thing in item.things:
        _add_shape(message.object, thing)
    return message


def _empty(name: str, frame: str) -> CollisionObject:
    item = CollisionObject(id=name, operation=_ADD)
    item.header.frame_id = frame
    item.pose.orientation.w = 1.0
    return item


def _matrix(model: RobotModel) -> AllowedCollisionMatrix:
    # Links without shapes cannot touch anything.
    shaped = sorted({int(i) for i in model.sphere_link})
    rows = [
        AllowedCollisionEntry(
            enabled=[(min(i, j), max(i, j)) in model.may_touch or i == j for j in shaped]
        )
        for i in shaped
    ]
    return AllowedCollisionMatrix(entry_names=[model.links[i] for i in shaped], entry_values=rows)


def _object_pose(message: Pose) -> Transform:
    """Pose of an object; clients that give primitive poses leave it unset."""
    if message.orientation == Quaternion(x=0.0, y=0.0, z=0.0, w=0.0):
        message = Pose(position=message.position, orientation=Quaternion(w=1.0))
    return to_pose(message)


def _pieces(name: str, scene: Scene) -> list[Thing]:
    return [thing for n, thing in scene.things.items() if name and n.partition("#")[0] == name]


def _unknown(name: str, keeper: SceneKeeper) -> str:
    known: Sequence[str] = sorted({n.partition("#")[0] for n in keeper.world.scene().things})
    return f"no object {name!r}; known: {known}"
