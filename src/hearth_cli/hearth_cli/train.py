"""``hearth train detector``: draw homes, learn the household classes, write model and card."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hearth_core.errors import HearthError

from hearth_cli.main import clone_root


def main(arguments: Sequence[str]) -> int:
    """Run one training."""
    parser = argparse.ArgumentParser(prog="hearth train", description=__doc__)
    parser.add_argument("what", choices=["detector"])
    parser.add_argument("--homes", type=int, default=60, help="homes to draw (1000, 1001, ...)")
    parser.add_argument("--views", type=int, default=16, help="pictures of each")
    parser.add_argument(
        "--out", type=Path, help="folder of the model (default: the one that is shipped)"
    )
    options = parser.parse_args(arguments)
    root = clone_root()
    package = root / "src" / "hearth_perception"
    out = options.out or package / "hearth_perception" / "models"
    for folder in ("test", "training"):
        sys.path.insert(0, str(package / folder))
    collecting: Any = importlib.import_module("collect")
    album: Any = importlib.import_module("album")
    training: Any = importlib.import_module("train")
    work = root / ".hearth" / "perception"
    try:
        recipe = collecting.recipe(options.homes, options.views)
        pages = album.album(recipe, work, print)
        data = work / f"features-{recipe.key()}.npz"
        count = collecting.collect(pages, data)
        print(f"{count} clusters in {data.relative_to(root)}; training")
        print(training.train_files([data], out))
    except HearthError as error:
        sys.stderr.write(f"hearth train: {error}\n")
        return 2
    print(f"wrote {out / 'household.npz'} and household.md; now ./hearth bench perception")
    return 0
