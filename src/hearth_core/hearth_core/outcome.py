"""How something the robot was asked to do ended."""

from dataclasses import dataclass
from enum import IntEnum


class Code(IntEnum):
    """Numbered as in hearth_interfaces/msg/Outcome."""

    SUCCEEDED = 0
    FAILED = 1
    REFUSED = 2
    CANCELED = 3
    PREEMPTED = 4
    TIMED_OUT = 5


@dataclass(frozen=True)
class Outcome:
    """A code, a stable machine-readable reason and a human sentence."""

    code: Code
    reason: str = ""
    message: str = ""

    @property
    def ok(self) -> bool:
        """Whether it ended as wanted."""
        return self.code is Code.SUCCEEDED

    @classmethod
    def success(cls, message: str = "") -> "Outcome":
        """It worked."""
        return cls(Code.SUCCEEDED, "", message)

    @classmethod
    def failure(cls, reason: str, message: str) -> "Outcome":
        """It was tried and did not work."""
        return cls(Code.FAILED, reason, message)

    @classmethod
    def refusal(cls, reason: str, message: str) -> "Outcome":
        """Bad input: nothing moved."""
        return cls(Code.REFUSED, reason, message)

    @classmethod
    def canceled(cls, message: str = "canceled by the client") -> "Outcome":
        """The client asked to stop, and everything stands still."""
        return cls(Code.CANCELED, "canceled", message)
