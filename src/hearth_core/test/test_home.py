"""The home model: what a file may say, and what people may ask of it."""

import copy
import dataclasses
import math
from pathlib import Path

import pytest
import yaml
from hearth_core.errors import BadInputError, FileFormatError, UnknownNameError
from hearth_core.geometry import Pose2
from hearth_core.home import (
    Home,
    JointKind,
    Side,
    load_home,
    object_label,
    parse_home,
    save_home,
)
from hearth_core.home.catalogue import OBJECT_KINDS, PLACE_KINDS, Variant
from hearth_core.home.plane import area, centroid, contains

APARTMENT = Path(__file__).parents[3] / "config" / "homes" / "apartment.yaml"

SMALL = {
    "name": "small",
    "charger": {"at": [1.0, 1.0], "facing": "east"},
    "rooms": [
        {"name": "kitchen", "kind": "kitchen", "rectangle": [0, 0, 4, 3]},
        {"name": "hall", "kind": "hall", "polygon": [[4, 0], [6, 0], [6, 3], [4, 3]]},
    ],
    "doors": [{"between": ["kitchen", "hall"], "at": [4.0, 1.5], "width": 0.8}],
    "places": [
        {"kind": "refrigerator", "at": [2.0, 0.5], "facing": "north", "hinge": "left"},
        {"name": "shelf_a", "kind": "bookshelf", "at": [5.8, 2.0], "facing": "west"},
    ],
    "objects": [{"kind": "milk_carton", "where": "refrigerator/shelf_2", "at": [0.1, 0.0]}],
}


def small(**changes: object) -> dict[str, object]:
    return copy.deepcopy(SMALL) | changes


@pytest.fixture(scope="module")
def apartment() -> Home:
    return load_home(APARTMENT)


def test_the_apartment_has_what_the_chore_needs(apartment: Home) -> None:
    total = sum(area(room.polygon) for room in apartment.rooms)
    assert 80.0 <= total <= 100.0
    assert {room.kind for room in apartment.rooms} >= {
        "living", "kitchen", "utility", "bedroom", "bathroom", "hall",
    }  # fmt: skip
    kinds = {place.kind for place in apartment.places}
    assert kinds >= {"refrigerator", "oven", "dishwasher", "washing_machine", "dining_table"}
    assert len({thing.kind for thing in apartment.objects}) >= 12
    for door in apartment.doorways:
        assert 0.80 <= door.width <= 0.90


def test_the_milk_stands_near_the_front_of_a_shelf_in_reach(apartment: Home) -> None:
    milk = next(thing for thing in apartment.objects if thing.kind == "milk_carton")
    place = apartment.place(milk.place)
    surface = place.surface(milk.surface)
    assert place.kind == "refrigerator"
    assert 0.80 <= surface.height <= 1.15
    assert surface.rectangle.x_max - (milk.pose.x + milk.size[0] / 2) <= 0.15
    assert surface.clearance is not None
    assert surface.clearance > milk.size[2] + 0.05


def test_rooms_do_not_overlap(apartment: Home) -> None:
    for room in apartment.rooms:
        middle = centroid(room.polygon)
        assert [r.name for r in apartment.rooms if contains(r.polygon, middle)] == [room.name]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("fridge", "refrigerator"),
        ("The Fridge", "refrigerator"),
        ("dining table", "dining_table"),
        ("dining_table", "dining_table"),
        ("refrigerator/shelf_2", "refrigerator/shelf_2"),
        ("fridge/Shelf 2", "refrigerator/shelf_2"),
        ("fridge/door", "refrigerator/door"),
        ("the kitchen", "kitchen"),
        ("laundry room", "utility_room"),
        ("couch", "sofa"),
    ],
)
def test_people_may_say_it_their_way(apartment: Home, said: str, meant: str) -> None:
    assert apartment.resolve(said).name == meant


def test_unknown_and_ambiguous_names_are_refused_with_the_choices(apartment: Home) -> None:
    with pytest.raises(UnknownNameError, match=r"attic.*dining_table"):
        apartment.resolve("attic")
    with pytest.raises(UnknownNameError, match=r"shelf_9.*shelf_1"):
        apartment.resolve("refrigerator/shelf_9")
    with pytest.raises(BadInputError, match=r"chair_1.*chair_2"):
        apartment.resolve("chair")
    with pytest.raises(UnknownNameError, match="refrigerator"):
        apartment.place("fridge")
    with pytest.raises(UnknownNameError):
        apartment.approach("kitchen")


def test_labels_of_objects() -> None:
    assert object_label("the milk") == "milk_carton"
    assert object_label("apples") == "apple"
    assert object_label("mug 2") == "mug"
    with pytest.raises(UnknownNameError, match="milk_carton"):
        object_label("unicorn")


def test_standing_before_a_place_means_facing_it(apartment: Home) -> None:
    for name in ("refrigerator", "dining_table", "sofa", "wardrobe"):
        place = apartment.place(name)
        stand = apartment.approach(name, 0.6)
        local = place.pose.inverse() @ stand
        assert local.x == pytest.approx(place.size[0] / 2 + 0.6)
        assert local.y == pytest.approx(0.0, abs=1e-9)
        assert math.cos(local.yaw) == pytest.approx(-1.0)
        assert apartment.room_at(stand.x, stand.y) is not None


def test_doorways_lead_from_the_first_room_into_the_second(apartment: Home) -> None:
    for door in apartment.doorways:
        for step, name in ((-0.3, door.between[0]), (0.3, door.between[1])):
            spot = door.pose @ Pose2(step, 0.0)
            room = apartment.room_at(spot.x, spot.y)
            assert room is not None
            assert room.name == name


def test_a_hinge_is_left_or_right_of_someone_in_front() -> None:
    kind = PLACE_KINDS["refrigerator"]
    for side, sign in ((Side.LEFT, -1.0), (Side.RIGHT, 1.0)):
        door = kind.layout(kind.size, 0.0, Variant("larder", side)).joints[0]
        assert door.origin[1] * sign > 0.0
        assert door.handle is not None
        assert door.handle.centre[1] * sign < 0.0
        # Opening carries the handle out of the front: d(x)/d(angle) > 0 there.
        arm = door.handle.centre[1] - door.origin[1]
        assert -door.axis[2] * arm > 0.0


def test_every_kind_lays_itself_out_within_its_size() -> None:
    for kind in PLACE_KINDS.values():
        for model in kind.models:
            for side in (Side.LEFT, Side.RIGHT):
                layout = kind.layout(kind.size, kind.elevation, Variant(model, side))
                depth, width, height = (extent / 2 for extent in kind.size)
                names = [surface.name for surface in layout.surfaces]
                assert len(names) == len(set(names)), kind.name
                joints = {joint.name for joint in layout.joints}
                for surface in layout.surfaces:
                    rect = surface.rectangle
                    assert -depth <= rect.x_min < rect.x_max <= depth, kind.name
                    assert -width <= rect.y_min < rect.y_max <= width, kind.name
                    assert kind.elevation <= surface.height <= kind.elevation + 2 * height + 1e-9
                    assert surface.clearance is None or surface.clearance > 0.02, kind.name
                    assert surface.behind in {"", *joints}, kind.name
                for joint in layout.joints:
                    assert math.hypot(*joint.axis) == pytest.approx(1.0)
                    assert joint.limit > 0.05
                    limit = 1.0 if joint.kind is JointKind.SLIDING else 3.0
                    assert joint.limit < limit, kind.name


def test_the_catalogue_is_large_enough_and_unambiguous() -> None:
    assert len([k for k in PLACE_KINDS.values() if not k.appliance]) >= 15
    assert len(OBJECT_KINDS) >= 12
    for words in (
        [w for k in PLACE_KINDS.values() for w in (k.name, *k.aliases)],
        [w for k in OBJECT_KINDS.values() for w in (k.label, *k.aliases)],
    ):
        assert len(words) == len(set(words))


def test_what_is_saved_is_what_is_loaded(apartment: Home, tmp_path: Path) -> None:
    file = tmp_path / "copy.yaml"
    save_home(apartment, file)
    again = dataclasses.replace(load_home(file), source=apartment.source)
    assert again == apartment


def test_kinds_give_defaults_and_files_override_them() -> None:
    home = parse_home(small())
    assert home.place("refrigerator").size == PLACE_KINDS["refrigerator"].size
    places = copy.deepcopy(SMALL["places"])
    places[0]["size"] = [0.6, 0.6, 1.7]  # type: ignore[index]
    assert parse_home(small(places=places)).place("refrigerator").size == (0.6, 0.6, 1.7)
    assert home.objects[0].name == "milk_carton_1"
    pose = home.object_pose(home.objects[0])
    assert pose.translation[2] == pytest.approx(
        home.place("refrigerator").surface("shelf_2").height + 0.1
    )


@pytest.mark.parametrize(
    ("path", "value", "where", "words"),
    [
        (["rooms", 0, "kind"], "dungeon", "rooms[0].kind", ["dungeon", "kitchen"]),
        (["rooms", 0, "floor"], "lava", "rooms[0].floor", ["lava", "tiles"]),
        (["rooms", 0, "rectangle"], [0, 0, 4], "rooms[0].rectangle", ["4 numbers"]),
        (["rooms", 0, "rectangle"], [4, 0, 0, 3], "rooms[0].rectangle", ["order"]),
        (["rooms", 1, "polygon"], [[4, 0], [6, 0]], "rooms[1].polygon", ["at least 3"]),
        (["rooms", 1, "name"], "kitchen", "rooms[1]", ["taken", "kitchen"]),
        (["doors", 0, "between"], ["kitchen", "attic"], "doors[0].between[1]", ["attic", "hall"]),
        (["doors", 0, "at"], [2.0, 1.5], "doors[0].at", ["wall", "kitchen"]),
        (["doors", 0, "width"], "wide", "doors[0].width", ["wide", "number"]),
        (["doors", 0, "width"], 0.1, "doors[0].width", ["0.1", "0.5"]),
        (["places", 0, "kind"], "throne", "places[0].kind", ["throne", "refrigerator"]),
        (["places", 0, "facing"], "up", "places[0].facing", ["up", "north"]),
        (["places", 0, "at"], [40.0, 1.0], "places[0].at", ["none of the rooms", "kitchen"]),
        (["places", 0, "hinge"], "top", "places[0].hinge", ["top", "left"]),
        (["places", 0, "model"], "deluxe", "places[0].model", ["deluxe", "larder"]),
        (["places", 0, "size"], [1.0, float("nan"), 1.0], "places[0].size[1]", ["nan"]),
        (["places", 0, "colour"], "red", "places[0]", ["colour", "finish"]),
        (["objects", 0, "where"], "moon", "objects[0].where", ["moon", "refrigerator"]),
        (["objects", 0, "where"], "refrigerator/loft", "objects[0].where", ["loft", "shelf_1"]),
        (["objects", 0, "at"], [2.0, 0.0], "objects[0].at", ["shelf_2"]),
        (["objects", 0, "size"], [0.1, 0.1, 0.9], "objects[0].where", ["0.900"]),
        (["objects", 0, "kind"], "unicorn", "objects[0].kind", ["unicorn", "milk_carton"]),
        (["charger"], {"at": [1, 1]}, "charger", ["facing"]),
        (["name"], "My Home", "name", ["My Home"]),
    ],
)
def test_a_bad_file_is_refused_with_file_path_value_and_choices(
    tmp_path: Path, path: list[object], value: object, where: str, words: list[str]
) -> None:
    document = small()
    spot: object = document
    for key in path[:-1]:
        spot = spot[key]  # type: ignore[index]
    spot[path[-1]] = value  # type: ignore[index]
    file = tmp_path / "bad.yaml"
    file.write_text(yaml.safe_dump(document))
    with pytest.raises(FileFormatError) as caught:
        load_home(file)
    assert str(file) in str(caught.value)
    assert caught.value.where == where
    for word in words:
        assert word in caught.value.problem


def paths(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place in a document where something stands."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, below in items:
        found += paths(below, (*path, key))
    return found


STRANGE = [None, [], {}, "x", "", -1, 0, 1e9, float("nan"), float("inf"), True, [[]], {"a": 1}]


def test_whatever_stands_in_a_file_is_read_or_refused() -> None:
    refused = 0
    for path in paths(SMALL):
        for value in STRANGE:
            document: object = small()
            spot = document
            for key in path[:-1]:
                spot = spot[key]  # type: ignore[index]
            spot[path[-1]] = value  # type: ignore[index]
            try:
                parse_home(document)
            except FileFormatError:
                refused += 1
    assert refused > 300


@pytest.mark.parametrize("name", ["world", "floor", "charger"])
def test_reserved_names_are_refused(name: str) -> None:
    for key in ("places", "objects"):
        entries = copy.deepcopy(SMALL[key])
        entries[0]["name"] = name  # type: ignore[index]
        document = small(**{key: entries}, **({"objects": []} if key == "places" else {}))
        with pytest.raises(FileFormatError, match=name):
            parse_home(document)


@pytest.mark.parametrize("text", ["- 1\n- 2\n", "", "a: [1", "just words"])
def test_a_file_that_is_no_home_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(FileFormatError, match=r"bad\.yaml"):
        load_home(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"nowhere\.yaml"):
        load_home(tmp_path / "nowhere.yaml")
