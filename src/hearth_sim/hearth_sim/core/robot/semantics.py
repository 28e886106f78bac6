"""Which links of a robot never, or always, touch: the ``disable_collisions`` of its SRDF.

``python -m hearth_sim.core.robot.semantics`` rewrites them in ``urdf/cloid.srdf``.
"""

import re
from itertools import combinations
from pathlib import Path

import mujoco
import numpy as np
from hearth_description.core.model import RobotModel, find_model, load_urdf
from hearth_description.core.postures import load_srdf

from hearth_sim.core.robot.build import add_robot
from hearth_sim.core.robot.index import RobotIndex
from hearth_sim.core.robot.names import Scope

MARGIN = 0.005
"""[m] closer than this counts as touching."""
FREQUENT = 0.95
"""Share of all configurations from which on links touch by design."""


def harmless_pairs(model: RobotModel, samples: int, seed: int = 0) -> dict[tuple[str, str], str]:
    """Pairs of links that need no collision check, and why.

    Args:
        model: The robot.
        samples: Random configurations within the limits to look at.
        seed: Of the configurations.

    Returns:
        MoveIt's reasons by sorted pair: ``Adjacent`` (joined, or fixed to one body), ``Default``
        (nearly always in touch) and ``Never`` (in none of the samples).
    """
    spec = mujoco.MjSpec()
    add_robot(spec, model)
    for exclude in list(spec.excludes):
        spec.delete(exclude)
    spec.option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_FILTERPARENT)
    for geom in spec.geoms:
        geom.margin = MARGIN
    compiled = spec.compile()
    data = mujoco.MjData(compiled)
    index = RobotIndex(Scope("robot1", model), compiled)
    link_of = [compiled.geom(i).name.split("/")[-1].split(":")[0] for i in range(compiled.ngeom)]
    counts = _count(model, compiled, data, index, link_of, samples, seed)
    solid = sorted(name for name, link in model.links.items() if link.collisions)
    adjacent = _adjacent(model)
    result: dict[tuple[str, str], str] = {}
    for pair in combinations(solid, 2):
        if pair in adjacent:
            result[pair] = "Adjacent"
        elif counts.get(pair, 0) > FREQUENT * samples:
            result[pair] = "Default"
        elif pair not in counts:
            result[pair] = "Never"
    return result


def _count(
    model: RobotModel,
    compiled: mujoco.MjModel,
    data: mujoco.MjData,
    index: RobotIndex,
    link_of: list[str],
    samples: int,
    seed: int,
) -> dict[tuple[str, str], int]:
    rng = np.random.default_rng(seed)
    limits = [joint.limits for joint in model.kinematics.moving]
    lower = np.array([limit.lower if limit else 0.0 for limit in limits])
    upper = np.array([limit.upper if limit else 0.0 for limit in limits])
    counts: dict[tuple[str, str], int] = {}
    for _ in range(samples):
        data.qpos[index.qpos] = model.kinematics.couple(rng.uniform(lower, upper))
        mujoco.mj_kinematics(compiled, data)
        mujoco.mj_comPos(compiled, data)
        mujoco.mj_collision(compiled, data)
        touching = {
            (min(first, second), max(first, second))
            for first, second in (
                (link_of[a], link_of[b]) for a, b in data.contact.geom[: data.ncon].tolist()
            )
        }
        for pair in touching:
            counts[pair] = counts.get(pair, 0) + 1
    return counts


def _adjacent(model: RobotModel) -> set[tuple[str, str]]:
    """Links joined by one joint, or rigidly part of bodies that are."""
    body: dict[str, str] = {model.root: model.root}
    for joint in model.joints.values():
        body[joint.child] = joint.child if joint.moves else body[joint.parent]
    joined = {(body[joint.parent], joint.child) for joint in model.joints.values() if joint.moves}
    return {
        (first, second)
        for first, second in combinations(sorted(model.links), 2)
        if body[first] == body[second]
        or (body[first], body[second]) in joined
        or (body[second], body[first]) in joined
    }


def rewrite(path: Path, pairs: dict[tuple[str, str], str]) -> None:
    """Put ``pairs`` into an SRDF file in place of those it has."""
    text = re.sub(r" *<disable_collisions [^>]*/>\n", "", path.read_text())
    lines = [
        f'  <disable_collisions link1="{first}" link2="{second}" reason="{reason}"/>\n'
        for (first, second), reason in sorted(pairs.items())
    ]
    path.write_text(text.replace("</robot>", "".join(lines) + "</robot>"))


def main() -> None:
    """Rewrite the collision exceptions of the model ``cloid``."""
    source = find_model("cloid")
    model = load_urdf(source)
    rewrite(source.with_name("cloid.srdf"), harmless_pairs(model, 20000))
    load_srdf(model)


if __name__ == "__main__":
    main()
