"""The simulated cloud over real sockets: TLS, mosquitto, and the vendor's unmodified SDK."""

import asyncio
import logging
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from awsiot import mqtt_connection_builder
from hearth_appliances.backends.resolver import LoopbackResolver
from hearth_appliances.core.backend import CloudError, Fault, Link, Push
from hearth_appliances.core.secrets import Redactor
from hearth_appliances.endpoint import read_endpoint
from hearth_appliances.simulator.appliances import Refrigerator, Washer
from hearth_appliances.simulator.faults import Trouble
from hearth_appliances.simulator.fixture import TOKEN, RunningCloud
from hearth_appliances.simulator.pushes import PushShape
from hearth_appliances.simulator.tls import Authority
from hearth_core.errors import BadInputError, HearthError
from thinqconnect import ThinQApi, ThinQMQTTClient

FRIDGE, WASHER = "a" * 32, "b" * 32
DOOR = "MAIN/doorStatus/doorState"


class Ear:
    """A listener that keeps everything."""

    def __init__(self) -> None:
        self.pushes: list[Push] = []
        self.links: list[Link] = []
        self.calls: list[str] = []

    def on_push(self, push: Push) -> None:
        self.pushes.append(push)

    def on_link(self, link: Link, reason: str = "") -> None:
        self.links.append(link)

    def admit(self, call: str) -> None:
        self.calls.append(call)

    def doors(self) -> list[Any]:
        return [push.report[DOOR] for push in self.pushes if DOOR in push.report]


async def until(condition: Callable[[], bool], timeout: float = 60.0) -> None:
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    machines = [Refrigerator(FRIDGE, "Refrigerator"), Washer(WASHER, "Washer")]
    cloud = RunningCloud(machines, tmp_path_factory.mktemp("cloud") / "cloud.json", rough=True)
    yield cloud
    cloud.close()


def move_door(served: RunningCloud, *, opened: bool) -> None:
    served.do(lambda cloud: cloud.appliances[FRIDGE].door_moved(opened))


def test_pushes_come_over_mqtt_after_a_list_of_announced_calls(served: RunningCloud) -> None:
    async def scenario() -> None:
        ear, backend = Ear(), served.backend()
        await backend.open(ear)
        assert ear.calls == ["route", "client", "certificate", "push_devices"]
        assert ear.links == [Link.UP]
        listed = await backend.devices()
        assert [item.alias for item in listed] == ["Refrigerator", "Washer"]
        await backend.subscribe(FRIDGE)
        await backend.subscribe(FRIDGE)  # again is fine
        reading = await backend.state(FRIDGE)
        assert reading.values[DOOR] == "CLOSE"
        assert reading.stamp is not None
        move_door(served, opened=True)
        await until(lambda: ear.doors() == ["OPEN"])
        assert ear.pushes[0].stamp is not None
        assert ear.pushes[0].message_id
        await backend.heal()
        move_door(served, opened=False)
        await until(lambda: ear.doors() == ["OPEN", "CLOSE"])
        with pytest.raises(CloudError) as caught:
            await backend.control(WASHER, {"operation": {"washerOperationMode": "START"}})
        assert caught.value.fault is Fault.PRECONDITION
        # A second opening keeps its certificate and its subscriptions.
        await backend.close()
        ear.calls.clear()
        await backend.open(ear)
        assert ear.calls == []
        move_door(served, opened=True)
        await until(lambda: ear.doors()[-1] == "OPEN")
        move_door(served, opened=False)
        await until(lambda: ear.doors()[-1] == "CLOSE")
        await backend.close()

    asyncio.run(scenario())


def test_pushes_are_understood_however_they_are_wrapped(served: RunningCloud) -> None:
    def use(shape: PushShape) -> None:
        served.do(lambda cloud: setattr(cloud, "push_shape", shape))

    async def scenario() -> None:
        ear, backend = Ear(), served.backend()
        await backend.open(ear)
        await backend.subscribe(FRIDGE)
        said: list[str] = []
        try:
            for shape in PushShape:
                use(shape)
                for opened in (True, False):
                    move_door(served, opened=opened)
                    said.append("OPEN" if opened else "CLOSE")
                    await until(lambda: ear.doors() == said)
        finally:
            use(PushShape.EVENT)
            await backend.close()

    asyncio.run(scenario())


def test_a_session_that_the_broker_forgot_is_subscribed_again(served: RunningCloud) -> None:
    async def scenario() -> None:
        ear, backend = Ear(), served.backend()
        await backend.open(ear)
        await backend.subscribe(FRIDGE)
        served.do(lambda cloud: cloud.lose_session())
        await until(lambda: ear.links[-2:] == [Link.INTERRUPTED, Link.UP])
        for step in range(2000):
            move_door(served, opened=step % 2 == 0)
            await asyncio.sleep(0.02)
            if ear.doors():
                break
        assert ear.doors()
        move_door(served, opened=False)
        await backend.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("trouble", "fault"),
    [
        ("GATEWAY_429", Fault.RATE_LIMIT),
        ("HTML_502", Fault.OUTAGE),
        ("EMPTY_BODY", Fault.OUTAGE),
        ("RATE_LIMIT", Fault.RATE_LIMIT),
        ("EXPIRED_TOKEN", Fault.AUTH),
        ("SERVER_ERROR", Fault.BUSY),
        ("CUT", Fault.NETWORK),
    ],
)
def test_ordinary_failures_have_a_class_and_carry_no_token(
    served: RunningCloud, trouble: str, fault: Fault
) -> None:
    async def scenario() -> CloudError:
        ear, backend = Ear(), served.backend()
        await backend.open(ear)
        served.begin(Trouble[trouble])
        try:
            for _ in range(500):
                await backend.devices()
                await asyncio.sleep(0.01)
            raise AssertionError("it went on working")
        except CloudError as error:
            return error
        finally:
            served.end(Trouble[trouble])
            await backend.close()

    error = asyncio.run(scenario())
    assert error.fault is fault
    assert TOKEN not in repr(error) + str(error.__context__) + str(error.__cause__)


def test_a_wrong_token_is_an_error_without_the_token(served: RunningCloud) -> None:
    text = served.path.read_text()
    served.path.write_text(text.replace(TOKEN, "wrong-token"))
    try:
        with pytest.raises(CloudError) as caught:
            asyncio.run(served.backend().open(Ear()))
    finally:
        served.path.write_text(text)
    assert caught.value.fault is Fault.AUTH
    assert "wrong-token" not in repr(caught.value)


def test_the_unmodified_sdk_and_its_mqtt_client_work(
    served: RunningCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stock classes; as the README says, root certificate and port are brought from outside."""
    endpoint = read_endpoint(served.path)
    stock = mqtt_connection_builder.mtls_from_bytes

    def elsewhere(**options: Any) -> Any:
        return stock(**{**options, "port": served.server.mqtt_port})

    monkeypatch.setattr(mqtt_connection_builder, "mtls_from_bytes", elsewhere)

    class Client(ThinQMQTTClient):  # type: ignore[misc]  # the SDK is not typed
        async def _get_root_certificate(self, timeout: int = 15) -> str:
            return endpoint.authority

    heard: list[bytes] = []
    arrived = threading.Event()

    def listen(topic: str, payload: bytes, **_: Any) -> None:
        heard.append(payload)
        arrived.set()

    async def scenario() -> None:
        context = ssl.create_default_context(cadata=endpoint.authority)
        connector = aiohttp.TCPConnector(resolver=LoopbackResolver(endpoint.port), ssl=context)
        async with aiohttp.ClientSession(connector=connector) as session:
            api = ThinQApi(session, endpoint.token, "KR", "thinq-open-stock")
            client = await Client(api, "thinq-open-stock", listen)
            assert client.mqtt_server == "localhost"
            assert await client.async_prepare_mqtt()
            await client.async_connect_mqtt()
            assert client.is_connected
            await api.async_post_event_subscribe(FRIDGE)
            move_door(served, opened=True)
            assert await asyncio.to_thread(arrived.wait, 30.0)
            move_door(served, opened=False)
            usage = await api.async_get_device_energy_usage(
                FRIDGE, "energyUsage", "DAILY", "19700101", "19700102"
            )
            assert usage is not None
            assert usage["result"]["property"] == "energyUsage"
            assert len(await api.async_get_event_list() or []) == 1
            client._mqtt_connection.disconnect()  # its own async_disconnect never does
            await client.async_disconnect()

    asyncio.run(scenario())
    assert b'"doorState": "OPEN"' in heard[0]


def test_the_broker_asks_for_certificates_of_its_own_authority(served: RunningCloud) -> None:
    endpoint = read_endpoint(served.path)
    context = ssl.create_default_context(cadata=endpoint.authority)

    async def talk() -> None:
        reader, writer = await asyncio.open_connection(
            "localhost", served.server.mqtt_port, ssl=context
        )
        writer.write(b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03abc")
        try:
            if not await asyncio.wait_for(reader.read(4), 30.0):
                raise ConnectionResetError
        finally:
            writer.close()

    with pytest.raises((ssl.SSLError, ConnectionError)):
        asyncio.run(talk())


def test_signing_requests_are_checked() -> None:
    with pytest.raises(BadInputError, match="signing request"):
        Authority().sign("bm90aGluZw==", "client")
    assert "BEGIN" not in repr(Authority().issue("somebody")).replace("BEGIN CERTIFICATE", "")


def test_logs_of_the_sdk_show_neither_request_nor_certificate(
    served: RunningCloud, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def scenario() -> None:
        backend = served.backend()
        await backend.open(Ear())
        await backend.devices()
        await backend.close()

    asyncio.run(scenario())
    assert "certificate" in caplog.text
    assert TOKEN not in caplog.text
    assert "BEGIN" not in caplog.text
    assert Redactor()(caplog.text) == caplog.text


SCRIPT = """
import sys, time
from pathlib import Path
from hearth_appliances.simulator.faults import Trouble
from hearth_appliances.simulator.fixture import RunningCloud
cloud = RunningCloud([], Path(sys.argv[1]))
print(cloud.server.broker_pid, flush=True)
time.sleep(600)
"""


def test_the_broker_is_gone_when_its_parent_is_killed(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "c.json")],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    assert child.stdout is not None
    broker = int(child.stdout.readline())
    child.kill()
    child.wait()
    deadline = time.monotonic() + 60.0
    while Path(f"/proc/{broker}").exists() and time.monotonic() < deadline:
        if "zombie" in Path(f"/proc/{broker}/status").read_text():
            break  # nobody reaps orphans here: it ended
        time.sleep(0.02)
    assert time.monotonic() < deadline


def test_without_mosquitto_the_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearth_appliances.simulator.broker.shutil.which", lambda *_, **__: None)
    with pytest.raises(HearthError, match="apt-get install mosquitto"):
        RunningCloud([], tmp_path / "c.json")
