"""What went wrong with a cloud, sorted by what to do about it."""

from __future__ import annotations

from enum import Enum

from hearth_core.errors import HearthError


class Fault(Enum):
    """Classes of failures; every error of a back end has one."""

    NETWORK = "network"
    """No answer: no route, refused, timed out, cut. The request may have been carried out."""
    OUTAGE = "outage"
    """Answered, but not by a cloud in its right mind: 5xx, HTML, an empty body, no ``error``."""
    BUSY = "busy"
    """The vendor asks to try again (2000, 2209, 2210, 2212, 2214)."""
    RATE_LIMIT = "rate_limit"
    """Too many calls (1306, or HTTP 429): silence until the back-off ends."""
    BUDGET = "budget"
    """Our own rate budget has no call left for this; nothing was sent."""
    AUTH = "auth"
    """Token refused or expired: a person has to do something."""
    OFFLINE = "offline"
    """The cloud is there, the device is not (1222)."""
    GONE = "gone"
    """The device is no longer the user's."""
    PRECONDITION = "precondition"
    """The device refuses in the state it is in (2301 to 2305): never retried."""
    REFUSED = "refused"
    """Any other refusal: the command or request is wrong."""


_BY_CODE: dict[str, Fault] = {
    **dict.fromkeys(("2000", "2209", "2210", "2212", "2214"), Fault.BUSY),
    **dict.fromkeys(("1103", "1218", "1302", "1303", "1304", "1308"), Fault.AUTH),
    **dict.fromkeys(("1205", "1212", "1213", "1217", "1211"), Fault.GONE),
    **dict.fromkeys(("2301", "2302", "2303", "2304", "2305"), Fault.PRECONDITION),
    "1222": Fault.OFFLINE,
    "1306": Fault.RATE_LIMIT,
}
_MAYBE_DONE_FAULTS = frozenset({Fault.NETWORK, Fault.OUTAGE})
_MAYBE_DONE_CODES = frozenset({"2000", "2209", "2214"})


class CloudError(HearthError):
    """The cloud cannot be reached or refused; never carries headers or tokens."""

    def __init__(self, message: str, code: str = "", fault: Fault | None = None) -> None:
        """Say what happened.

        Args:
            message: One sentence without secrets.
            code: The vendor's error code, "" when it gave none.
            fault: Class; None: what ``code`` stands for, and the network when there is none.
        """
        super().__init__(message)
        self.code = code
        self.fault = fault or classify(code)

    @property
    def maybe_done(self) -> bool:
        """Whether a command that ended so may have been carried out: never send it again."""
        return self.fault in _MAYBE_DONE_FAULTS or self.code in _MAYBE_DONE_CODES

    @property
    def cloud_lost(self) -> bool:
        """Whether nothing works now; otherwise the trouble is with one device or request."""
        return self.fault in {Fault.NETWORK, Fault.OUTAGE, Fault.RATE_LIMIT, Fault.AUTH}


def classify(code: str) -> Fault:
    """Class of a vendor's error code; "" (no code at all) is the network."""
    if not code:
        return Fault.NETWORK
    return _BY_CODE.get(code, Fault.REFUSED)
