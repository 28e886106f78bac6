"""What a process asks of the DDS implementation before its first node."""

import os
from pathlib import Path

_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
_USUAL, _SMALL = "fastdds.xml", "fastdds_small.xml"


def expect_small_messages() -> None:
    """Take little shared memory: for processes that never send images; before ``rclpy.init``.

    A participant touches its whole segment at once, and the usual one holds images: 16 MB. Only
    Hearth's own profile (``config/fastdds.xml``) is exchanged; one that somebody else chose
    stays.
    """
    for variable in _VARIABLES:
        path = Path(os.environ.get(variable, ""))
        small = path.with_name(_SMALL) if path.name == _USUAL else path
        if small != path and small.is_file():
            os.environ[variable] = str(small)
