"""The simulated cloud on loopback: REST over TLS, MQTT with client certificates.

Everything happens in one thread of the server's own; ``submit`` may be called from any.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from hearth_core.errors import HearthError

from hearth_appliances.endpoint import Endpoint, write_endpoint
from hearth_appliances.simulator.broker import HOST, Broker
from hearth_appliances.simulator.cloud import Cloud
from hearth_appliances.simulator.link import Line, Link
from hearth_appliances.simulator.publisher import Publisher
from hearth_appliances.simulator.pushes import Outgoing
from hearth_appliances.simulator.tls import Authority

_LOG = logging.getLogger(__name__)
_WATCH = 1.0
"""How often the broker is looked after [s]."""


@dataclass(frozen=True)
class Ports:
    """Where to listen; 0: wherever there is room."""

    rest: int = 0
    mqtt: int = 0


class CloudServer:
    """Serves a :class:`Cloud`; ``submit`` may be called from any thread and returns at once."""

    def __init__(
        self,
        cloud: Cloud,
        token: str,
        path: Path,
        ports: Ports | None = None,
        *,
        wait: bool = True,
        rough: bool = False,
    ) -> None:
        """Listen, and announce it in ``path`` when it is ready.

        Args:
            cloud: What to serve.
            token: Goes into the announcement.
            path: The announcement, a file of its own (0600).
            ports: Where to listen.
            wait: Return when it is ready; otherwise at once.
            rough: The network may be cut or swallow everything (costs a relay).

        Raises:
            HearthError: It cannot listen, or there is no broker (only with ``wait``).
        """
        self._cloud = cloud
        self._token = token
        self._path = path
        self._ports = ports or Ports()
        self._rough = rough
        self._broker: Broker | None = None
        self._publisher: Publisher | None = None
        self._link: Link | None = None
        self._flowing = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._failure: Exception | None = None
        self._stop = asyncio.Event()
        self.authority = Authority()
        self.port = 0
        """Of REST."""
        self.mqtt_port = 0
        self._thread = threading.Thread(target=self._run, name="appliance_cloud", daemon=True)
        self._thread.start()
        if wait:
            self._ready.wait(60.0)
            if self._failure is not None:
                raise HearthError(f"simulated appliance cloud: {self._failure}")

    @property
    def broker_pid(self) -> int:
        """Process id of the broker; 0: there is none."""
        return self._broker.pid if self._broker is not None else 0

    @property
    def failure(self) -> Exception | None:
        """Why it does not serve; None: it does, or will."""
        return self._failure

    def submit(self, work: Callable[[Cloud], list[Outgoing]]) -> None:
        """Run ``work(cloud)`` in the server's thread and send the pushes it returns."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._work, work)

    def close(self) -> None:
        """Stop listening, end the broker and take the announcement away."""
        self._path.unlink(missing_ok=True)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5.0)

    def _work(self, work: Callable[[Cloud], list[Outgoing]]) -> None:
        for outgoing in work(self._cloud):
            if self._publisher is not None:
                self._publisher.publish(outgoing.client, outgoing.message)
        line = self._cloud.line
        if line is Line.UP:
            self._flowing.set()
        else:
            self._flowing.clear()
        if self._link is not None and self._link.line is not line:
            self._link.switch(line)
        if self._cloud.take_lost_session() and self._broker is not None:
            self._broker.restart()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except Exception as error:  # whoever waits must hear of it
            self._failure = error
            _LOG.error("simulated appliance cloud: %s", error)
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self) -> None:
        self._flowing.set()
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._rest)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        try:
            # In this thread: the broker ends when it does.
            self._broker = Broker(self.authority, 0 if self._rough else self._ports.mqtt)
            self.mqtt_port = self._broker.port
            self._publisher = await asyncio.to_thread(Publisher, self.authority, self._broker.port)
            if self._rough:
                self._link = Link(self._broker.port)
                await self._link.start(self._ports.mqtt)
                self.mqtt_port = self._link.port
            self._cloud.mqtt_server = f"mqtts://{HOST}:{self.mqtt_port}"
            self._cloud.sign = self.authority.sign
            await runner.setup()
            context = self.authority.server_context()
            site = web.TCPSite(runner, "127.0.0.1", self._ports.rest, ssl_context=context)
            await site.start()
            self.port = int(runner.addresses[0][1])
            endpoint = Endpoint(self.port, self.authority.certificate, self._token)
            write_endpoint(self._path, endpoint)
            self._ready.set()
            await self._watch()
        finally:
            if self._link is not None:
                await self._link.close()
            if self._publisher is not None:
                self._publisher.close()
            await runner.cleanup()
            if self._broker is not None:
                self._broker.close()

    async def _watch(self) -> None:
        """Until told to stop; a broker that died is started again."""
        assert self._broker is not None
        while not self._stop.is_set():
            try:
                await asyncio.wait_for(self._stop.wait(), _WATCH)
            except TimeoutError:
                if not self._broker.running:
                    _LOG.warning("the simulated MQTT broker died; it is started again")
                    self._broker.restart()

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        if self._cloud.line is Line.CUT and request.transport is not None:
            request.transport.abort()
        await self._flowing.wait()
        body = await request.text()
        try:
            parsed = json.loads(body) if body else None
        except ValueError:
            parsed = None
        query = f"?{request.query_string}" if request.query_string else ""
        path = request.match_info["path"] + query
        answer = self._cloud.handle(request.method, path, dict(request.headers), parsed)
        if answer.text is not None:
            return web.Response(
                text=answer.text, status=answer.status, content_type=answer.content_type
            )
        return web.json_response(answer.body, status=answer.status)
