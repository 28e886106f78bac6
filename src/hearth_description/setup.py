"""Install hearth_description and the models of ../../urdf; the version is in package.xml."""

import os
import xml.etree.ElementTree as ET
from pathlib import Path

from setuptools import find_packages, setup

NAME = "hearth_description"
HERE = Path(__file__).resolve().parent
VERSION = ET.parse(HERE / "package.xml").getroot().findtext("version")
MODELS = HERE.parents[1] / "urdf"


def model_files() -> list[tuple[str, list[str]]]:
    """Files of urdf/ by their folder below share/; setuptools wants paths relative to setup.py."""
    folders: dict[str, list[str]] = {}
    for path in sorted(MODELS.rglob("*")):
        if path.is_file() and path.suffix in {".xacro", ".srdf", ".yaml", ".md", ".stl"}:
            folder = Path("share", NAME, "urdf", path.relative_to(MODELS).parent)
            folders.setdefault(folder.as_posix(), []).append(os.path.relpath(path, Path.cwd()))
    return list(folders.items())


setup(
    name=NAME,
    version=VERSION,
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        *model_files(),
    ],
    install_requires=["setuptools", "numpy", "xacro"],
    zip_safe=True,
    entry_points={
        "console_scripts": [
            "robot_state_publisher = hearth_description.robot_state_publisher_node:main"
        ]
    },
)
