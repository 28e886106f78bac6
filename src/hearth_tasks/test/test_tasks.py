"""Sentences, trees and judgement, with no robot."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.geometry import Pose2, Transform
from hearth_core.home import load_home
from hearth_core.home.model import Home, Place
from hearth_core.outcome import Code, Outcome
from hearth_tasks.core.evaluation import Truth, judge
from hearth_tasks.core.floor import Floor
from hearth_tasks.core.run import TaskRun
from hearth_tasks.core.sentences import Bring, Go, Move, parse_task
from hearth_tasks.core.skills import (
    AskDoor,
    Close,
    FakeSkills,
    Navigate,
    Open,
    Pick,
    Posture,
    Put,
    Request,
)
from hearth_tasks.core.staging import Staging
from hearth_tasks.core.statistics import wilson_interval

HOMES = Path(__file__).resolve().parents[3] / "config" / "homes"
CHORE = "bring the milk from the refrigerator to the dining table"


@pytest.fixture(scope="module")
def home() -> Home:
    return load_home(HOMES / "apartment.yaml")


def run(home: Home, skills: FakeSkills, sentence: str = CHORE) -> Outcome:
    task = TaskRun(sentence, home, skills, now=0.0)
    for tick in range(1000):
        outcome = task.tick(0.1 * tick)
        if outcome is not None:
            return outcome
    raise AssertionError(task.drawing())


def kinds(asked: list[Request]) -> list[type]:
    return [type(request) for request in asked]


def test_reads_the_chore_however_it_is_said(home: Home) -> None:
    for sentence in (CHORE, "Bring the milk from the fridge to the dining table!"):
        task = parse_task(sentence, home)
        assert isinstance(task, Bring)
        assert (task.label, task.source.name, task.destination.name) == (
            "milk_carton",
            "refrigerator",
            "dining_table",
        )
    assert isinstance(parse_task("go to the kitchen", home), Go)
    assert isinstance(parse_task("open the refrigerator", home), Move)


@pytest.mark.parametrize(
    ("sentence", "source", "destination"),
    [
        ("bring the milk to the dining table", "refrigerator", "dining_table"),
        ("please put the milk on the coffee table.", "refrigerator", "coffee_table"),
        ("Bring the milk from the kitchen to the dining table", "refrigerator", "dining_table"),
        ("bring the croissant to the desk", "cupboard", "desk"),
        ("bring the mug from the kitchen counter to the coffee table", "counter", "coffee_table"),
        ("carry a bottle from nightstand 1 onto the desk", "nightstand_1", "desk"),
    ],
)
def test_reads_what_is_to_be_brought(
    home: Home, sentence: str, source: str, destination: str
) -> None:
    task = parse_task(sentence, home)
    assert isinstance(task, Bring)
    assert (task.source.name, task.destination.name) == (source, destination)


@pytest.mark.parametrize(
    "sentence",
    [
        "open the refrigerator door",
        "open the fridge's door",
        "open the door of the refrigerator",
        "open refrigerator/door",
    ],
)
def test_reads_doors_however_they_are_called(home: Home, sentence: str) -> None:
    task = parse_task(sentence, home)
    assert isinstance(task, Move)
    assert (task.place.name, task.joint.name, task.opens) == ("refrigerator", "door", True)


def test_a_robot_sent_home_drives_to_its_charger(home: Home) -> None:
    for sentence in ("go home", "go to the charger", "drive back to the charging station"):
        skills = FakeSkills()
        assert run(home, skills, sentence).ok
        assert [r.pose for r in skills.asked if isinstance(r, Navigate)] == [home.charger]


def test_what_is_taken_stays_in_the_hand_and_the_door_is_closed(home: Home) -> None:
    skills = FakeSkills()
    sentence = "take the milk from the refrigerator"
    assert run(home, skills, sentence).ok
    order = [kind for kind in kinds(skills.asked) if kind in (Open, Pick, Close, Put)]
    assert order == [Open, Pick, Close]
    task = parse_task(sentence, home)
    milk = next(thing.name for thing in home.objects if thing.kind == "milk_carton")
    held = truth(home, supports={milk: ["robot1/left_palm", "robot1"]})
    assert judge(task, home, "robot1", held).success
    assert not judge(task, home, "robot1", truth(home)).success


def test_a_surface_that_was_named_is_the_one_that_counts(home: Home) -> None:
    task = parse_task("bring the book from the bookshelf to the cupboard/top", home)
    assert isinstance(task, Bring)
    skills = FakeSkills()
    assert run(home, skills, "bring the milk to the cupboard/top").ok
    assert Put("cupboard/top") in skills.asked


@pytest.mark.parametrize(
    ("sentence", "error", "choice"),
    [
        ("make me happy", BadInputError, "bring the milk"),
        ("bring the unicorn from the refrigerator to the dining table", UnknownNameError, "mug"),
        ("bring the milk from the moon to the dining table", UnknownNameError, "refrigerator"),
        ("bring the milk from the refrigerator to the moon", UnknownNameError, "dining_table"),
        ("bring the mug from the bedroom to the dining table", BadInputError, "nightstand_1"),
        ("bring the croissant to the moon", UnknownNameError, "coffee_table"),
        ("bring the milk to the kitchen", BadInputError, "counter"),
        ("bring the unicorn", UnknownNameError, "milk_carton"),
        ("bring the milk", BadInputError, "to the dining table"),
        ("take the milk from the moon", UnknownNameError, "refrigerator"),
        ("open the oven", BadInputError, "refrigerator/door"),
        (
            "bring the mug from dishwasher/upper_rack to the desk",
            BadInputError,
            "refrigerator/door",
        ),
        ("open the refrigerator window", UnknownNameError, "door"),
        (
            "bring the milk from the dining table to the refrigerator",
            BadInputError,
            "dining_table",
        ),
        ("open the dining table", BadInputError, "refrigerator"),
    ],
)
def test_refuses_what_it_cannot_do_and_names_the_choices(
    home: Home, sentence: str, error: type[Exception], choice: str
) -> None:
    with pytest.raises(error, match=choice):
        parse_task(sentence, home)


def test_the_chore_opens_picks_closes_and_puts_in_this_order(home: Home) -> None:
    skills = FakeSkills()
    assert run(home, skills).ok
    order = [kind for kind in kinds(skills.asked) if kind in (AskDoor, Open, Pick, Close, Put)]
    assert order == [AskDoor, Open, Pick, Close, Put]


def test_a_failed_pick_is_tried_again_after_another_look(home: Home) -> None:
    failures = iter([Outcome.failure("slipped", "the milk slipped")])

    def script(request: Request) -> Outcome:
        if isinstance(request, Pick):
            return next(failures, Outcome.success())
        return Outcome.success()

    skills = FakeSkills(script)
    assert run(home, skills).ok
    assert kinds(skills.asked).count(Pick) == 2


def test_an_unreachable_side_of_the_table_is_left_for_the_next(home: Home) -> None:
    table = home.place("dining_table")
    first = Staging(home).around(table, home.place("refrigerator").pose)[0]

    def script(request: Request) -> Outcome:
        if isinstance(request, Navigate) and request.pose == first:
            return Outcome.failure("navigation_308", "no valid path")
        return Outcome.success()

    skills = FakeSkills(script)
    assert run(home, skills).ok
    assert isinstance(skills.asked[-2], Put)


def test_a_door_that_never_opens_ends_the_task_with_its_reason(home: Home) -> None:
    def script(request: Request) -> Outcome:
        failed = Outcome.failure("no_handle", "no handle seen")
        return failed if isinstance(request, Open) else Outcome.success()

    skills = FakeSkills(script)
    outcome = run(home, skills)
    assert (outcome.code, outcome.reason) == (Code.FAILED, "no_handle")
    assert Pick not in kinds(skills.asked)


def test_cancel_reaches_the_running_skill_and_the_task_ends(home: Home) -> None:
    skills = FakeSkills()
    task = TaskRun(CHORE, home, skills, now=0.0)
    task.tick(0.0)
    task.cancel()
    outcome = next(o for o in (task.tick(0.1 * i) for i in range(10)) if o is not None)
    assert outcome.code is Code.CANCELED
    assert skills.running[-1].canceled
    assert len(skills.running) == 1


def test_staging_stands_in_front_and_faces_the_place(home: Home) -> None:
    place = home.place("refrigerator")
    joint = place.joints[0]
    staging = Staging(home)
    for pose in (*staging.before_handle(place, joint), *staging.before_closing(place, joint)):
        local = place.pose.inverse() @ pose
        assert local.x > place.size[0] / 2 + 0.3
        assert abs(abs(local.yaw) - math.pi) < 1e-9
    handle = joint.handle
    assert handle is not None
    local = place.pose.inverse() @ staging.before_handle(place, joint)[0]
    assert local.y == pytest.approx(handle.centre[1])


@pytest.mark.parametrize("name", ["dining_table", "counter", "coffee_table", "bed"])
def test_stands_around_a_place_are_on_free_floor_of_its_side_of_the_walls(
    home: Home, name: str
) -> None:
    place = home.place(name)
    floor = Floor(home)
    stands = Staging(home).around(place)
    assert len(stands) >= 2
    for pose in stands:
        assert floor.clearance(pose) > -0.05, pose
        assert floor.is_before(pose, place)
        ahead = place.pose.inverse() @ pose @ Pose2(0.62, 0.0, 0.0)
        assert abs(ahead.x) <= place.size[0] / 2 + 1e-6  # it faces the place
        assert abs(ahead.y) <= place.size[1] / 2 + 1e-6


def test_a_handle_beside_a_wall_is_approached_from_the_other_side(home: Home) -> None:
    place = home.place("refrigerator")
    joint = place.joint("door")
    assert joint.handle is not None
    bar = place.pose @ Pose2(place.size[0] / 2 + 0.75, joint.handle.centre[1], math.pi)
    wide = replace(home, places=(place, _block(home, bar @ Pose2(0.0, -0.40, 0.0))))
    narrow = Staging(wide).before_handle(place, joint)[0]
    towards = (bar.inverse() @ narrow).y
    assert towards > 0.05
    assert Floor(wide).clearance(narrow) > 0.1


def _block(home: Home, pose: Pose2) -> Place:
    return replace(home.place("trash_bin"), name="block", pose=pose, size=(0.2, 0.2, 1.0))


def test_blocked_stands_are_passed_over_until_one_is_free(home: Home) -> None:
    table = home.place("dining_table")
    stands = Staging(home).around(table, home.place("refrigerator").pose)

    def script(request: Request) -> Outcome:
        if isinstance(request, Navigate) and request.pose in stands[:3]:
            return Outcome.failure("navigation_206", "occupied")
        return Outcome.success()

    skills = FakeSkills(script)
    assert run(home, skills).ok
    driven = [r.pose for r in skills.asked if isinstance(r, Navigate)]
    assert driven[-4:] == stands[:4]


def test_a_table_on_which_nothing_can_be_put_from_here_is_tried_from_there(home: Home) -> None:
    table = home.place("dining_table")
    stands = Staging(home).around(table, home.place("refrigerator").pose)
    at: list[Pose2] = []

    def script(request: Request) -> Outcome:
        if isinstance(request, Navigate):
            at.append(request.pose)
        if isinstance(request, Put) and at[-1] == stands[0]:
            return Outcome.failure("no_free_spot", "there is no free spot on it")
        return Outcome.success()

    skills = FakeSkills(script)
    assert run(home, skills).ok
    assert at[-2:] == stands[:2]


def test_arms_are_tidied_after_a_failure_and_only_then(home: Home) -> None:
    failures = iter([Outcome.failure("no_grip", "the fingers did not get behind the bar")])

    def script(request: Request) -> Outcome:
        return (
            next(failures, Outcome.success()) if isinstance(request, Open) else Outcome.success()
        )

    clean, failing = FakeSkills(), FakeSkills(script)
    assert run(home, clean).ok
    assert run(home, failing).ok
    assert kinds(failing.asked).count(Posture) == kinds(clean.asked).count(Posture) + 1
    at = kinds(failing.asked).index(Open)
    assert failing.asked[at + 1] == Posture("all", "carry")


def test_what_cannot_get_better_is_not_tried_again(home: Home) -> None:
    def script(request: Request) -> Outcome:
        lost = Outcome.failure("nothing_held", "neither hand holds anything")
        return lost if isinstance(request, Put) else Outcome.success()

    skills = FakeSkills(script)
    assert run(home, skills).reason == "nothing_held"
    assert kinds(skills.asked).count(Put) == 1


def truth(home: Home, **changes: object) -> Truth:
    milk = next(thing.name for thing in home.objects if thing.kind == "milk_carton")
    place = home.place("dining_table")
    base: dict[str, object] = {
        "time": 100.0,
        "poses": {milk: place.pose.lift(0.85)},
        "speeds": {milk: 0.0},
        "joints": {
            f"refrigerator/{joint.name}": 0.0 for joint in home.place("refrigerator").joints
        },
        "supports": {milk: ["furniture/dining_table"]},
    }
    return Truth(**(base | changes))  # type: ignore[arg-type]


def test_the_evaluator_wants_milk_standing_free_on_the_table_and_the_door_shut(home: Home) -> None:
    task = parse_task(CHORE, home)
    milk = next(thing.name for thing in home.objects if thing.kind == "milk_carton")
    joint = f"refrigerator/{home.place('refrigerator').joints[0].name}"
    assert judge(task, home, "robot1", truth(home)).success
    lying = Transform.from_xyz_rpy((0, 0, 0.8), (1.5, 0.0, 0.0))
    for problem, changes in {
        "not on dining_table": {"supports": {milk: ["floor"]}},
        "still held": {"supports": {milk: ["furniture/dining_table", "robot1/left_palm"]}},
        "tilted": {"poses": {milk: lying}},
        "still moves": {"speeds": {milk: 0.3}},
    }.items():
        verdict = judge(task, home, "robot1", truth(home, **changes))
        assert not verdict.success
        assert problem in verdict.sentence
    joints = truth(home).joints | {joint: 1.2}
    assert "stands open" in judge(task, home, "robot1", truth(home, joints=joints)).sentence


def test_wilson_interval_matches_the_published_example() -> None:
    low, high = wilson_interval(16, 20)
    assert (low, high) == pytest.approx((0.584, 0.919), abs=1e-3)
    assert wilson_interval(0, 5)[0] == 0.0
    with pytest.raises(ValueError, match="3 successes of 2"):
        wilson_interval(3, 2)
