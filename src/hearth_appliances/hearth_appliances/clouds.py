"""Which clouds there are, and how each is made: the place where a further one is added.

A back end implements ``core.backend.Backend`` and gets a line in :data:`CLOUDS`. For Matter that
would be a client of matterjs-server's WebSocket: attributes flattened to ``endpoint/cluster/
attribute`` values, OperationalState for courses, DoorLock and ChangeToMode for the rest, and
subscriptions for pushes. It is not written: asked for, it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hearth_core.errors import BadInputError, UnknownNameError

from hearth_appliances.backends.replay import ReplayBackend
from hearth_appliances.backends.thinq import SimulatedBackend, VendorBackend
from hearth_appliances.core import secrets
from hearth_appliances.core.backend import Backend
from hearth_appliances.endpoint import default_path


@dataclass(frozen=True)
class CloudOptions:
    """What back ends are made from; no secrets, only where they are."""

    endpoint: str = ""
    """File of the simulated cloud; empty: this DDS domain's."""
    token: str = ""
    """Where the token is, as :data:`secrets.SOURCES` say."""
    country: str = "KR"
    cache: str = ""
    """Folder for client id and certificate; empty: none are kept."""
    recording: str = ""
    """File of a recording (JSON lines)."""


def make_cloud(name: str, options: CloudOptions) -> Backend:
    """The back end called ``name``.

    Raises:
        UnknownNameError: There is none.
        BadInputError: It needs an option that is missing, or is not there yet.
    """
    if name not in CLOUDS:
        raise UnknownNameError("cloud", name, CLOUDS)
    return CLOUDS[name](options)


def _simulated(options: CloudOptions) -> Backend:
    path = Path(options.endpoint).expanduser() if options.endpoint else default_path()
    return SimulatedBackend(path)


def _thinq(options: CloudOptions) -> Backend:
    if not options.token:
        raise BadInputError(f"cloud 'thinq' needs a token from one of {secrets.SOURCES}")
    cache = Path(options.cache).expanduser() / "thinq.json" if options.cache else None
    return VendorBackend(secrets.read_token(options.token), options.country, cache)


def _replay(options: CloudOptions) -> Backend:
    if not options.recording:
        raise BadInputError("cloud 'replay' needs a recording (JSON lines)")
    return ReplayBackend(Path(options.recording).expanduser())


def _matter(_: CloudOptions) -> Backend:
    raise BadInputError("cloud 'matter': only its seam is there (clouds.py), no back end yet")


CLOUDS: Mapping[str, Callable[[CloudOptions], Backend]] = {
    "simulated": _simulated,
    "thinq": _thinq,
    "replay": _replay,
    "matter": _matter,
}
