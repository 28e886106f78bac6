"""Launch files in ROS 2's YAML form, read and run without the `launch` package.

`read_launch_file` turns a file and its arguments into processes to start; `Launcher` runs them.
"""

from hearth_cli.launch.launcher import Launcher
from hearth_cli.launch.plan import Plan, ProcessSpec
from hearth_cli.launch.reader import read_launch_file

__all__ = ["Launcher", "Plan", "ProcessSpec", "read_launch_file"]
