"""`hearth docs`: the parameter tables of the packages' READMEs, from the nodes' config classes.

A README says where a table belongs:

    <!-- parameters: hearth_navigation.localization_node:Config -->
    (the table)
    <!-- end -->
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from hearth_core.errors import BadInputError
from hearth_nodekit.params import parameter_table

from hearth_cli.main import clone_root

_BLOCK = re.compile(
    r"(?P<begin><!-- parameters: (?P<module>[\w.]+):(?P<name>\w+) -->\n).*?(?P<end><!-- end -->)",
    re.DOTALL,
)


def filled(text: str, file: str) -> str:
    """``text`` of a README with its parameter tables written anew.

    Raises:
        BadInputError: A table's class does not exist; names ``file`` and the class.
    """

    def table(block: re.Match[str]) -> str:
        where = f"{block['module']}:{block['name']}"
        try:
            config = getattr(importlib.import_module(block["module"]), block["name"])
        except (ModuleNotFoundError, AttributeError) as error:
            raise BadInputError(f"{file}: no config class {where}: {error}") from error
        return f"{block['begin']}\n{parameter_table(config)}\n\n{block['end']}"

    return _BLOCK.sub(table, text)


def stale(root: Path) -> dict[Path, str]:
    """READMEs below ``src/`` whose tables differ from the code, with what they should say."""
    result = {}
    for path in sorted((root / "src").glob("*/README.md")):
        text = path.read_text()
        wanted = filled(text, str(path.relative_to(root)))
        if wanted != text:
            result[path] = wanted
    return result


def main(arguments: Sequence[str]) -> int:
    """Write the tables, or with ``--check`` only say which are out of date."""
    parser = argparse.ArgumentParser(prog="hearth docs", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if stale")
    options = parser.parse_args(arguments)
    root = clone_root()
    changed = stale(root)
    for path, text in changed.items():
        name = path.relative_to(root)
        print(f"{name}: parameter tables {'are out of date' if options.check else 'written'}")
        if not options.check:
            path.write_text(text)
    if not changed:
        print("All parameter tables say what the code says.")
    elif options.check:
        print("Run ./hearth docs.", file=sys.stderr)
    return 1 if changed and options.check else 0
