#!/usr/bin/env bash
# Run the unit tests of all packages against a built workspace. Arguments go to pytest.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
set +u
# shellcheck disable=SC1091
. "${HEARTH_WORKSPACE:-$root}/install/setup.bash"
set -u
cd "$root"
export ROS_AUTOMATIC_DISCOVERY_RANGE=${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST} MUJOCO_GL=${MUJOCO_GL:-egl}
python3 -m pytest -c pyproject.toml --rootdir . src/*/test "$@"
