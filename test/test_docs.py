"""What the READMEs say of parameters is what the code says."""

from pathlib import Path

import pytest
from hearth_cli.docs import filled, stale
from hearth_core.errors import BadInputError

ROOT = Path(__file__).parents[1]


def test_every_parameter_table_is_current() -> None:
    assert [str(path.relative_to(ROOT)) for path in stale(ROOT)] == []


def test_every_package_with_parameters_shows_them() -> None:
    for module in sorted((ROOT / "src").glob("*/hearth_*/*_node.py")):
        if "declare(" not in module.read_text():
            continue
        readme = module.parents[1] / "README.md"
        assert f"<!-- parameters: {module.parent.name}." in readme.read_text(), module.name


def test_an_old_table_is_replaced_and_an_unknown_class_is_named() -> None:
    begin = "<!-- parameters: hearth_sim.world_node:Config -->"
    text = f"a\n{begin}\nan outdated table\n<!-- end -->\nb\n"
    new = filled(text, "README.md")
    assert "outdated" not in new
    assert "| `factor` |" in new
    assert filled(new, "README.md") == new
    with pytest.raises(BadInputError, match=r"README\.md: no config class hearth_sim\.nothing"):
        filled(text.replace("world_node", "nothing"), "README.md")
