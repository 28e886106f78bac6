#!/usr/bin/env bash
# Build the workspace with colcon where ROS 2 is installed. Arguments go to colcon.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
set +u # ROS's own script reads variables that are not set
# shellcheck disable=SC1090
[ -z "${ROS_DISTRO:-}" ] || [ ! -f "/opt/ros/$ROS_DISTRO/setup.bash" ] || . "/opt/ros/$ROS_DISTRO/setup.bash"
set -u
cd "${HEARTH_WORKSPACE:-$root}"
colcon build --base-paths "$root/src" "$@"
