"""What we build under the distribution's names is the distribution's type, to the bit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ament_index_python import get_package_share_directory

ROOT = Path(__file__).resolve().parents[1]
# REP 2011 hashes of the distribution's own packages. simulation_interfaces has none among them.
EXPECTED: dict[str, str] = json.loads((ROOT / "test/data/type_hashes.json").read_text())
SOURCES = sorted(path for path in (ROOT / "underlay").glob("*/*/*.*") if path.suffix != ".xml")
WITHOUT_REFERENCE = {"simulation_interfaces"}


def built_hashes(source: Path) -> dict[str, str]:
    package, kind = source.parts[-3:-1]
    share = Path(get_package_share_directory(package))
    described = json.loads((share / kind / f"{source.stem}.json").read_text())
    return {entry["type_name"]: entry["hash_string"] for entry in described["type_hashes"]}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: "/".join(path.parts[-3:]))
def test_a_type_is_wire_compatible_with_the_distributions(source: Path) -> None:
    package, kind = source.parts[-3:-1]
    name = f"{package}/{kind}/{source.stem}"
    hashes = built_hashes(source)
    ours = {
        key: value for key, value in hashes.items() if key == name or key.startswith(f"{name}_")
    }
    assert name in ours
    if package not in WITHOUT_REFERENCE:
        assert ours == {key: EXPECTED[key] for key in ours}


def test_every_type_of_the_underlay_is_checked() -> None:
    packages = {path.parts[-3] for path in SOURCES}
    assert packages - WITHOUT_REFERENCE == {name.split("/")[0] for name in EXPECTED}


def test_the_underlay_is_hidden_from_a_build_where_the_distribution_has_its_own() -> None:
    assert (ROOT / "underlay" / "COLCON_IGNORE").is_file()
