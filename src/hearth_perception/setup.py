"""Install hearth_perception; the version is read from package.xml."""

import xml.etree.ElementTree as ET
from pathlib import Path

from setuptools import find_packages, setup

NAME = "hearth_perception"
VERSION = ET.parse(Path(__file__).parent / "package.xml").getroot().findtext("version")

setup(
    name=NAME,
    version=VERSION,
    packages=find_packages(exclude=["test"]),
    package_data={NAME: ["models/*"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools", "numpy", "numba", "opencv-python-headless"],
    entry_points={
        "console_scripts": ["perception = hearth_perception.perception_node:main"],
    },
    zip_safe=False,
)
