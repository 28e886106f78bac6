"""The vendor's cloud as a function: requests in, answers out, pushes that take their time."""

from __future__ import annotations

import heapq
import itertools
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hearth_appliances.core.profile import Json
from hearth_appliances.simulator.appliances import Appliance, RefusedError

Listener = Callable[[Json], None]
_DEVICE = re.compile(r"devices/(?P<id>[\w-]+)/(?P<what>profile|state|control)")
_SUBSCRIPTION = re.compile(r"(?P<kind>event|push)/(?P<id>[\w-]+)/(?P<what>subscribe|unsubscribe)")
_STATUS = {"1103": 401, "1218": 401}


@dataclass(frozen=True)
class Answer:
    """HTTP status and JSON body."""

    status: int
    body: Json


@dataclass(frozen=True)
class PushDelay:
    """How long a push is on its way [s], drawn evenly."""

    low: float = 0.3
    high: float = 1.5


@dataclass(order=True)
class _Waiting:
    due: float
    order: int
    message: Json = field(compare=False)


class Cloud:
    """Appliances of one user behind the protocol; the caller owns clock and sockets."""

    def __init__(
        self,
        appliances: Sequence[Appliance],
        token: str,
        seed: int = 0,
        delay: PushDelay | None = None,
    ) -> None:
        self._appliances = {item.device_id: item for item in appliances}
        self._token = token
        self._random = random.Random(seed)
        self._delay = delay or PushDelay()
        self._now = 0.0
        self._waiting: list[_Waiting] = []
        self._order = itertools.count()
        self._events: set[str] = set()
        self._last_due: dict[str, float] = {}
        self.requests: list[str] = []
        """Method and path of every request, for tests."""

    @property
    def appliances(self) -> Mapping[str, Appliance]:
        """By device id."""
        return self._appliances

    def advance(self, now: float) -> list[Json]:
        """Move the clock to ``now`` [s]; returns the pushes that arrive by then, in order."""
        elapsed = max(0.0, now - self._now)
        if now < self._now:  # the simulation was reset
            self._waiting.clear()
            self._last_due.clear()
        self._now = now
        for appliance in self._appliances.values():
            appliance.advance(elapsed)
            self._collect(appliance)
        arrived = []
        while self._waiting and self._waiting[0].due <= now:
            arrived.append(heapq.heappop(self._waiting).message)
        return arrived

    def forget_subscriptions(self) -> None:
        """Fault: the cloud sends no pushes any more, and tells nobody."""
        self._events.clear()

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: Json) -> Answer:
        """Answer one request; ``path`` without a leading slash."""
        self.requests.append(f"{method} {path}")
        missing = [h for h in ("x-message-id", "x-country", "x-api-key") if h not in headers]
        if headers.get("Authorization") != f"Bearer {self._token}":
            answer = self._error("1103", "invalid token")
        elif missing:
            answer = self._error("1101", f"missing parameters: {missing}")
        else:
            answer = self._route(method, path, body)
        return answer

    def _route(self, method: str, path: str, body: Json) -> Answer:
        if method == "GET" and path == "devices":
            return self._success([_listed(item) for item in self._appliances.values()])
        if method == "GET" and path == "route":
            return self._success({"apiServer": "", "mqttServer": "", "webSocketServer": ""})
        match = _DEVICE.fullmatch(path)
        if match:
            return self._device(method, match["id"], match["what"], body)
        match = _SUBSCRIPTION.fullmatch(path)
        if match:
            return self._subscribe(match["id"], match["what"])
        return self._error("1000", f"bad request: {method} {path}")

    def _device(self, method: str, device_id: str, what: str, body: Json) -> Answer:
        appliance = self._appliances.get(device_id)
        if appliance is None:
            return self._error("1205", "device does not exist")
        if method == "GET" and what == "profile":
            return self._success(appliance.profile)
        if method == "GET" and what == "state":
            return self._success(appliance.state())
        if method == "POST" and what == "control":
            try:
                appliance.control(body)
            except RefusedError as error:
                return self._error(error.code, str(error))
            self._collect(appliance)
            return self._success({})
        return self._error("1000", f"bad request: {method} {what}")

    def _subscribe(self, device_id: str, what: str) -> Answer:
        if device_id not in self._appliances:
            return self._error("1205", "device does not exist")
        if what == "unsubscribe":
            self._events.discard(device_id)
            return self._success({})
        if device_id in self._events:
            return self._error("1207", "already subscribed")
        self._events.add(device_id)
        return self._success({})

    def _collect(self, appliance: Appliance) -> None:
        """Put what an appliance reports on its way."""
        report = appliance.take_report()
        if appliance.device_id not in self._events:
            return
        base = {"deviceId": appliance.device_id, "deviceType": appliance.device_type}
        if report.values:
            shaped = appliance.shaped(report.values)
            self._send({"pushType": "DEVICE_STATUS", **base, "report": shaped})
        for code in report.push_codes:
            self._send({"pushType": "DEVICE_PUSH", **base, "pushCode": code})

    def _send(self, inner: Json) -> None:
        due = self._now + self._random.uniform(self._delay.low, self._delay.high)
        device = inner["deviceId"]
        due = max(due, self._last_due.get(device, 0.0))  # one device's pushes keep their order
        self._last_due[device] = due
        message = {**self._envelope(), "event": inner}
        heapq.heappush(self._waiting, _Waiting(due, next(self._order), message))

    def _envelope(self) -> dict[str, Json]:
        moment = datetime.fromtimestamp(self._now, UTC)
        return {
            "messageId": f"{self._random.getrandbits(64):016x}",
            "timestamp": moment.isoformat(timespec="milliseconds"),
        }

    def _success(self, response: Json) -> Answer:
        return Answer(200, {**self._envelope(), "response": response})

    def _error(self, code: str, message: str) -> Answer:
        error = {"code": code, "message": message}
        return Answer(_STATUS.get(code, 400), {**self._envelope(), "error": error})


def _listed(appliance: Appliance) -> Json:
    return {
        "deviceId": appliance.device_id,
        "deviceInfo": {
            "deviceType": appliance.device_type,
            "modelName": appliance.model,
            "alias": appliance.alias,
            "reportable": True,
        },
    }
