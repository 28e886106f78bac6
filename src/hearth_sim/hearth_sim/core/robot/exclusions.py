"""Which parts of a robot may not be asked whether they collide: they always touch."""

from itertools import combinations

from hearth_description.core.model import RobotModel

FINGERS = ("index", "middle", "ring", "little")
NEAR = 2
"""Bodies this many joints apart overlap by design (a forearm and its hand)."""


def excluded_pairs(model: RobotModel) -> list[tuple[str, str]]:
    """Pairs of moving links (or the root) whose contacts are left out.

    Bodies up to two joints apart, except inside a hand, where a finger may meet the palm; and
    neighbouring fingers, which slide along each other.
    """
    parent = {j.child: j.parent for j in model.joints.values()}
    moving = {j.child for j in model.joints.values() if j.moves}

    def body_parent(link: str) -> str:
        link = parent[link]
        while link not in moving and link in parent:
            link = parent[link]
        return link

    above = {link: body_parent(link) for link in moving}

    def ancestors(link: str) -> dict[str, int]:
        found, steps = {link: 0}, 0
        while link in above:
            link, steps = above[link], steps + 1
            found[link] = steps
        return found

    pairs: list[tuple[str, str]] = []
    for first, second in combinations(sorted([*moving, model.root]), 2):
        one, other = ancestors(first), ancestors(second)
        distance = min(one[link] + other[link] for link in one.keys() & other.keys())
        fingers = _finger(first), _finger(second)
        neighbours = all(fingers) and first.split("_")[0] == second.split("_")[0]
        if neighbours or distance == 1 or (distance <= NEAR and not any(fingers)):
            pairs.append((first, second))
    # The shoulder's ball and the upper arm share a centre.
    pairs += [
        (f"{side}_shoulder_pitch_link", f"{side}_upper_arm_link")
        for side in ("left", "right")
        if f"{side}_upper_arm_link" in moving
    ]
    return sorted({(min(pair), max(pair)) for pair in pairs})


def _finger(link: str) -> bool:
    return any(f"_{finger}_" in link for finger in FINGERS)
