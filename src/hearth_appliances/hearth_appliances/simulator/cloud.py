"""The vendor's cloud as a function: requests in, answers out, pushes that take their time."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hearth_core.errors import BadInputError

from hearth_appliances.core.profile import Json
from hearth_appliances.simulator.accounts import Client, Clients
from hearth_appliances.simulator.broker import TOPIC
from hearth_appliances.simulator.energy import energy_usage
from hearth_appliances.simulator.faults import INSTANT, Fault, FaultPlan, Trouble
from hearth_appliances.simulator.link import Line
from hearth_appliances.simulator.machine import Appliance, RefusedError
from hearth_appliances.simulator.pushes import Outgoing, PushDelay, PushPath, PushShape

_DEVICE = re.compile(r"devices/(?P<id>[\w-]+)/(?P<what>profile|state|control)")
_ENERGY = re.compile(r"devices/energy/(?P<id>[\w-]+)/(?P<what>profile|usage)")
_SUBSCRIPTION = re.compile(r"(?P<kind>event|push)/(?P<id>[\w-]+)/(?P<what>subscribe|unsubscribe)")
_STATUS = {"1103": 401, "1218": 401}
_HOUR = 3600.0
_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@dataclass(frozen=True)
class Answer:
    """HTTP status and JSON body, or something else as text."""

    status: int
    body: Json
    text: str | None = None
    """Instead of the body."""
    content_type: str = "application/json"


class Cloud:
    """Appliances of one user behind the protocol; the caller owns clock and sockets."""

    def __init__(
        self,
        appliances: Sequence[Appliance],
        token: str,
        seed: int = 0,
        delay: PushDelay | None = None,
        faults: Sequence[Fault] = (),
        start: float = 0.0,
    ) -> None:
        """Plug the appliances in.

        Args:
            appliances: Of this user.
            token: The personal access token it accepts.
            seed: Draws delays and message ids.
            delay: How long pushes take.
            faults: What goes wrong, in seconds after ``start``.
            start: Its clock at first [s since 1970].
        """
        self._appliances = {item.device_id: item for item in appliances}
        self._token = token
        self._random = random.Random(seed)
        self._now = self._start = start
        self._gone: set[str] = set()
        self._lost_session = False
        self.faults = FaultPlan(faults)
        self._path = PushPath(delay or PushDelay(), self.faults, seed)
        self._clients = Clients()
        self.push_shape = PushShape.EVENT
        """How pushes are wrapped from now on."""
        self.mqtt_server = ""
        """URL of the broker, for ``/route``; "": there is none."""
        self.sign: Callable[[str, str], str] | None = None
        """Signs a request for a client's name; None: no certificates here."""
        self.requests: list[str] = []
        """Method and path of every request, for tests."""

    @property
    def appliances(self) -> Mapping[str, Appliance]:
        """By device id."""
        return self._appliances

    @property
    def now(self) -> float:
        """Its clock [s]."""
        return self._now

    @property
    def age(self) -> float:
        """How long it has been running, by its clock [s]: scripts count so."""
        return self._now - self._start

    @property
    def line(self) -> Line:
        """What the faults make of the network."""
        lines = {
            Trouble.GRAVE: Line.GRAVE, Trouble.BLACK_HOLE: Line.HOLE, Trouble.CUT: Line.CUT
        }  # fmt: skip
        wrong = (line for trouble, line in lines.items() if self.faults.has(trouble))
        return next(wrong, Line.UP)

    def take_lost_session(self) -> bool:
        """Whether the broker has to forget its sessions, once."""
        lost, self._lost_session = self._lost_session, False
        return lost

    def find(self, name: str) -> Appliance | None:
        """An appliance by device id or alias."""
        for item in self._appliances.values():
            if name in {item.device_id, item.alias}:
                return item
        return None

    def advance(self, now: float) -> list[Outgoing]:
        """Move the clock to ``now`` [s]; returns the pushes that arrive by then, in order."""
        elapsed = max(0.0, now - self._now)
        if now < self._now:  # the simulation was reset
            self._path.reset()
        self._now = now
        for fault in self.faults.advance(self.age):
            self._strike(fault)
        self._come_and_go()
        for appliance in self._appliances.values():
            appliance.advance(elapsed, now)
            self._collect(appliance)
        return self._path.arrived(now)

    def forget_subscriptions(self) -> None:
        """Fault: the cloud sends no pushes any more, and tells nobody."""
        self._clients.forget_subscriptions()

    def lose_session(self) -> None:
        """Fault: the broker forgets who was connected and subscribed."""
        self._lost_session = True

    def begin(self, fault: Fault) -> None:
        """Let something go wrong now, until it is ended by hand."""
        if fault.trouble not in INSTANT:
            self.faults.begin(fault)
        self._strike(fault)

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: Json) -> Answer:
        """Answer one request; ``path`` without a leading slash, with its query."""
        self.requests.append(f"{method} {path}")
        given = {key.lower(): value for key, value in headers.items()}
        missing = [h for h in ("x-message-id", "x-country", "x-api-key") if h not in given]
        broken = self._broken()
        if broken is not None:
            return broken
        if given.get("authorization") != f"Bearer {self._token}":
            return self._error("1103", "invalid token")
        if missing:
            return self._error("1101", f"missing parameters: {missing}")
        return self._route(method, path, self._clients.get(given.get("x-client-id", "")), body)

    def _strike(self, fault: Fault) -> None:
        if fault.trouble is Trouble.LOST_SESSION:
            self.lose_session()
        elif fault.trouble is Trouble.SILENT_SUBSCRIPTION:
            self.forget_subscriptions()

    def _broken(self) -> Answer | None:
        """What faults answer instead of the cloud."""
        for trouble, make in {
            Trouble.GATEWAY_429: lambda: Answer(429, {"message": "Too Many Requests"}),
            Trouble.HTML_502: lambda: Answer(502, None, _PAGE, "text/html"),
            Trouble.EMPTY_BODY: lambda: Answer(200, None, ""),
            Trouble.RATE_LIMIT: lambda: self._error("1306", "exceeded API calls"),
            Trouble.EXPIRED_TOKEN: lambda: self._error("1218", "invalid token"),
            Trouble.SERVER_ERROR: lambda: self._error("2000", "internal server error"),
        }.items():
            if self.faults.has(trouble):
                return make()
        return None

    def _route(self, method: str, path: str, client: Client, body: Json) -> Answer:
        path, _, query = path.partition("?")
        answer = self._account(method, path, client, body)
        if answer is None and (found := _DEVICE.fullmatch(path)):
            answer = self._device(method, found["id"], found["what"], body)
        if answer is None and (found := _ENERGY.fullmatch(path)):
            answer = self._energy(found["id"], found["what"], query)
        if answer is None and (found := _SUBSCRIPTION.fullmatch(path)):
            answer = self._subscribe(client, found, body)
        return answer or self._error("1000", f"bad request: {method} {path}")

    def _account(self, method: str, path: str, client: Client, body: Json) -> Answer | None:
        """Requests about the user and this client; None: it is none of them."""
        response: Json = {}
        match method, path:
            case "GET", "devices":
                response = [_listed(item) for item in self._present()]
            case "GET", "route":
                response = {"apiServer": "", "mqttServer": self.mqtt_server, "webSocketServer": ""}
            case "POST" | "DELETE", "client":
                client.registered = method == "POST"
            case "POST", "client/certificate":
                return self._certificate(client, body)
            case "POST" | "DELETE", "push/devices":
                client.lives = method == "POST"
            case "GET", "event" | "push":
                known = client.events if path == "event" else client.pushes
                response = [{"deviceId": device} for device in sorted(known)]
            case _:
                return None
        return self._success(response)

    def _certificate(self, client: Client, body: Json) -> Answer:
        if self.sign is None or not client.registered:
            return self._error("1203", "not a registered client")
        try:
            pem = self.sign(str(body["csr"]), client.name)
        except (BadInputError, KeyError, TypeError) as error:
            return self._error("1102", f"unacceptable parameters: {error}")
        client.certified = True
        topic = TOPIC.format(client=client.name)
        return self._success({"result": {"certificatePem": pem, "subscriptions": [topic]}})

    def _device(self, method: str, device_id: str, what: str, body: Json) -> Answer:
        appliance = self._appliances.get(device_id)
        if appliance is None or device_id in self._gone:
            return self._error("1205", "device does not exist")
        if method == "GET" and what == "profile":
            return self._success(appliance.profile)
        if self.faults.has(Trouble.DEVICE_OFFLINE, device_id, appliance.alias):
            return self._error("1222", "device is not connected")
        if method == "GET" and what == "state":
            return self._success(appliance.state())
        if method == "POST" and what == "control":
            return self._control(appliance, body)
        return self._error("1000", f"bad request: {method} {what}")

    def _control(self, appliance: Appliance, body: Json) -> Answer:
        try:
            appliance.control(body)
        except RefusedError as error:
            return self._error(error.code, str(error))
        self._collect(appliance)
        return self._success({})

    def _energy(self, device_id: str, what: str, query: str) -> Answer:
        appliance = self._appliances.get(device_id)
        if appliance is None or device_id in self._gone:
            return self._error("1205", "device does not exist")
        if what == "profile":
            return self._success({"result": {"property": ["energyUsage"]}})
        return self._success({"result": energy_usage(appliance.energy_by_day, query)})

    def _subscribe(self, client: Client, found: re.Match[str], body: Json) -> Answer:
        kind, device_id = found["kind"], found["id"]
        if device_id not in self._appliances or device_id in self._gone:
            return self._error("1205", "device does not exist")
        if found["what"] == "unsubscribe":
            client.unsubscribe(kind, device_id)
            return self._success({})
        told = "DEVICE_STATUS" if kind == "event" else "DEVICE_PUSH"
        if client.wants(told, device_id, self._now):
            return self._error("1207", "already subscribed")
        if kind == "event":
            client.events[device_id] = self._now + _hours(body) * _HOUR
        else:
            client.pushes.add(device_id)
        return self._success({})

    def _present(self) -> list[Appliance]:
        return [item for key, item in self._appliances.items() if key not in self._gone]

    def _come_and_go(self) -> None:
        gone = {
            key
            for key, item in self._appliances.items()
            if self.faults.has(Trouble.DEVICE_GONE, key, item.alias)
        }
        for device_id in gone ^ self._gone:
            item = self._appliances[device_id]
            kind = "DEVICE_UNREGISTERED" if device_id in gone else "DEVICE_REGISTERED"
            self._send(item, {"pushType": kind, "alias": item.alias})
        self._gone = gone

    def _collect(self, appliance: Appliance) -> None:
        """Put what an appliance reports on its way."""
        report = appliance.take_report()
        if appliance.device_id in self._gone or self.faults.has(
            Trouble.DEVICE_OFFLINE, appliance.device_id, appliance.alias
        ):
            return
        if report.values:
            shaped = appliance.shaped(report.values)
            self._send(appliance, {"pushType": "DEVICE_STATUS", "report": shaped})
        for code in report.push_codes:
            self._send(appliance, {"pushType": "DEVICE_PUSH", "pushCode": code})

    def _send(self, item: Appliance, inner: dict[str, Json]) -> None:
        device = {"deviceId": item.device_id, "deviceType": item.device_type}
        wanting = self._clients.wanting(inner["pushType"], item.device_id, self._now)
        if not wanting:
            return
        message = self.push_shape.wrap(self._envelope(), {**inner, **device})
        for client in wanting:
            self._path.send(self._now, Outgoing(client.name, message), item.device_id)

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


def _hours(body: Json) -> float:
    """How long a subscription lives [h]; the cloud gives at most what the SDK asks for."""
    try:
        return min(float(body["expire"]["timer"]), 4464.0)
    except (KeyError, TypeError, ValueError):
        return 24.0


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
