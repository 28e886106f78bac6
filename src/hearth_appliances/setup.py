"""Install hearth_appliances; the version is read from package.xml."""

import xml.etree.ElementTree as ET
from pathlib import Path

from setuptools import find_packages, setup

NAME = "hearth_appliances"
VERSION = ET.parse(Path(__file__).parent / "package.xml").getroot().findtext("version")

setup(
    name=NAME,
    version=VERSION,
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools", "aiohttp", "cryptography", "thinqconnect"],
    zip_safe=True,
    entry_points={"console_scripts": ["bridge = hearth_appliances.bridge_node:main"]},
)
