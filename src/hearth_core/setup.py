"""Install hearth_core; the version is read from package.xml."""

import xml.etree.ElementTree as ET
from pathlib import Path

from setuptools import find_packages, setup

NAME = "hearth_core"
VERSION = ET.parse(Path(__file__).parent / "package.xml").getroot().findtext("version")

setup(
    name=NAME,
    version=VERSION,
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools", "numba", "numpy", "transforms3d", "pyyaml"],
    zip_safe=True,
)
