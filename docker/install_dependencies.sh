#!/usr/bin/env bash
# Install what the packages under src/ depend on, into a machine or image that has ROS 2 Jazzy.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
distribution=${ROS_DISTRO:-jazzy}
[ -f "/opt/ros/$distribution/setup.bash" ] || {
  echo "no ROS 2 '$distribution' here; on a machine without ROS use ./hearth" >&2
  exit 1
}
run=()
[ "$(id -u)" = 0 ] || run=(sudo)

"${run[@]}" apt-get update -q
"${run[@]}" apt-get install -y -q --no-install-recommends \
  python3-pip python3-rosdep python3-colcon-common-extensions "ros-$distribution-rmw-cyclonedds-cpp" \
  libegl1 libgl1-mesa-dri mosquitto
[ -e /etc/ros/rosdep/sources.list.d/20-default.list ] || "${run[@]}" rosdep init
rosdep update --rosdistro "$distribution"
# Ubuntu 24.04 has no python3-numba although rosdep has its key; pip brings it below.
rosdep install --from-paths "$root/src" --ignore-src --rosdistro "$distribution" -y --skip-keys python3-numba

# The distribution's compiled packages are bound to its NumPy: pip must not bring another one.
constraint=$(mktemp)
trap 'rm -f "$constraint"' EXIT
python3 -c 'import numpy; print(f"numpy=={numpy.__version__}")' >"$constraint"
"${run[@]}" python3 -m pip install --break-system-packages --constraint "$constraint" \
  --requirement "$root/requirements/robot.in"
