"""How the bridge finds the simulated cloud of its own run: a 0600 file, one per DDS domain."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from hearth_core.errors import BadInputError

from hearth_appliances.core.secrets import read_private, write_private


@dataclass(frozen=True)
class Endpoint:
    """Where a simulated cloud listens, and what opens it."""

    port: int
    """On the loopback interface, TLS."""
    authority: str
    """Certificate of its own CA (PEM)."""
    token: str
    """Personal access token it accepts."""

    def __repr__(self) -> str:
        return f"Endpoint(port={self.port})"


def default_path() -> Path:
    """File of this user's run on this DDS domain."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    folder = (
        Path(base) / "hearth" if base else Path(tempfile.gettempdir()) / f"hearth-{os.getuid()}"
    )
    return folder / f"appliances-{os.environ.get('ROS_DOMAIN_ID', '0') or '0'}.json"


def write_endpoint(path: Path, endpoint: Endpoint) -> None:
    """Announce a cloud."""
    write_private(path, json.dumps(asdict(endpoint)))


def read_endpoint(path: Path) -> Endpoint:
    """Find a cloud.

    Raises:
        BadInputError: There is no such file, others may read it, or it says something else.
    """
    try:
        return Endpoint(**json.loads(read_private(path)))
    except (ValueError, TypeError) as error:
        raise BadInputError(f"{path}: not the file of a simulated cloud") from error
