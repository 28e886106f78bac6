"""A home's doors drive its cloud."""

import json
from pathlib import Path

import pytest
from hearth_appliances.endpoint import Endpoint, read_endpoint
from hearth_appliances.simulator.home import DoorSwitch, HomeCloud, make_appliances
from hearth_core.errors import BadInputError
from hearth_core.home.loader import load_home
from hearth_core.home.model import Home

HOME = Path(__file__).parents[3] / "config" / "homes" / "apartment.yaml"


@pytest.fixture
def home() -> Home:
    return load_home(HOME)


def test_every_known_appliance_of_the_home_is_in_the_cloud(home: Home) -> None:
    aliases = {machine.alias for machine in make_appliances(home.places)}
    assert {"Refrigerator", "Oven", "Dishwasher"} <= aliases


def test_the_switch_has_hysteresis_and_any_door_counts(home: Home) -> None:
    place = home.place("refrigerator")
    switch = DoorSwitch(place)
    joints: dict[str, float | None] = {f"{place.name}/{j.name}": 0.0 for j in place.joints}
    last = list(joints)[-1]
    read = joints.get
    seen = []
    for opening in (0.0, 0.04, 0.08, 0.04, 0.02, None, 0.5):
        joints[last] = opening
        seen.append(switch.update(read))
    expected = [False, False, True, True, False, False, True]
    if "drawer" in last or place.joints[-1].kind == "sliding":
        expected = [False, True, True, True, True, True, True]
    assert seen == expected


def test_the_hinge_becomes_the_door_state_and_the_file_goes_away(
    home: Home, tmp_path: Path
) -> None:
    path = tmp_path / "cloud.json"
    angle = {"refrigerator/door": 0.0}
    cloud = HomeCloud(home, angle.get, path)
    try:
        endpoint = read_endpoint(path)
        assert endpoint.token not in repr(endpoint)
        assert path.stat().st_mode & 0o077 == 0
        fridge = next(a for a in cloud.cloud.appliances.values() if a.alias == "Refrigerator")
        angle["refrigerator/door"] = 1.0
        for step in range(3):
            cloud.tick(0.1 * step)
    finally:
        cloud.close()
    assert fridge.values["MAIN/doorStatus/doorState"] == "OPEN"
    assert not path.exists()


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cloud.json"
    path.write_text(json.dumps({"port": 1}))
    path.chmod(0o600)
    with pytest.raises(BadInputError, match="not the file of a simulated cloud"):
        read_endpoint(path)
    assert "PEM" not in repr(Endpoint(1, "PEM", "t"))
