"""The simulated cloud on a loopback socket (TLS), in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path

from aiohttp import WSMsgType, web
from hearth_core.errors import HearthError

from hearth_appliances.core.profile import Json
from hearth_appliances.endpoint import Endpoint, write_endpoint
from hearth_appliances.simulator.cloud import Cloud
from hearth_appliances.simulator.tls import make_identity

PUSH_PATH = "/hearth-simulated-push"
"""WebSocket that stands for the vendor's MQTT channel; the messages are the same."""


class CloudServer:
    """Serves a :class:`Cloud`; ``advance`` may be called from any thread and returns at once."""

    def __init__(self, cloud: Cloud, token: str, path: Path) -> None:
        """Listen on a free port and announce it in ``path``.

        Raises:
            HearthError: The socket cannot be opened.
        """
        self._cloud = cloud
        self._token = token
        self._path = path
        self._listeners: set[web.WebSocketResponse] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._stop = asyncio.Event()
        self.port = 0
        self._identity = make_identity()
        self._thread = threading.Thread(target=self._run, name="appliance_cloud", daemon=True)
        self._thread.start()
        self._ready.wait(10.0)
        if self._failure is not None:
            raise HearthError(f"simulated appliance cloud: {self._failure}") from self._failure
        write_endpoint(path, Endpoint(self.port, self._identity.authority, token))

    def submit(self, work: Callable[[Cloud], list[Json]]) -> None:
        """Run ``work(cloud)`` in the server's thread and send the pushes it returns."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._work, work)

    def close(self) -> None:
        """Stop listening and take the announcement away."""
        self._path.unlink(missing_ok=True)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(3.0)

    def _work(self, work: Callable[[Cloud], list[Json]]) -> None:
        for message in work(self._cloud):
            text = json.dumps(message)
            for listener in list(self._listeners):
                task = self._loop.create_task(_send(listener, text))
                task.add_done_callback(lambda done: done.exception())

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            self._failure = error
            self._ready.set()
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        application = web.Application()
        application.router.add_get(PUSH_PATH, self._push_channel)
        application.router.add_route("*", "/{path:.*}", self._rest)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._identity.context)
        await site.start()
        self.port = int(runner.addresses[0][1])
        self._ready.set()
        try:
            await self._stop.wait()
        finally:
            for listener in list(self._listeners):
                await listener.close()
            await runner.cleanup()

    async def _rest(self, request: web.Request) -> web.Response:
        body = await request.text()
        try:
            parsed = json.loads(body) if body else None
        except ValueError:
            parsed = None
        answer = self._cloud.handle(
            request.method, request.match_info["path"], dict(request.headers), parsed
        )
        return web.json_response(answer.body, status=answer.status)

    async def _push_channel(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return web.Response(status=401)
        socket = web.WebSocketResponse(heartbeat=5.0)
        await socket.prepare(request)
        self._listeners.add(socket)
        try:
            async for message in socket:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            self._listeners.discard(socket)
        return socket


async def _send(socket: web.WebSocketResponse, text: str) -> None:
    await asyncio.wait_for(socket.send_str(text), 5.0)
