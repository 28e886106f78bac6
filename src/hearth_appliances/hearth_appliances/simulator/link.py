"""The line between a client and the broker, with everything that can happen to it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from enum import Enum


class Line(Enum):
    """State of a line."""

    UP = "up"
    CUT = "cut"
    """Connections are reset and new ones as well."""
    HOLE = "hole"
    """Connections are accepted and nothing comes through, either way; nothing is reset. What was
    on its way arrives when the hole ends, as TCP would send it again."""
    GRAVE = "grave"
    """As HOLE, but connections that were in it stay dead: somebody on the way forgot them."""


class Link:
    """A TCP relay on a free loopback port; the bytes stay what they are (TLS goes through it)."""

    def __init__(self, target: int) -> None:
        """``target``: port the bytes go to."""
        self._target = target
        self._line = Line.UP
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def line(self) -> Line:
        """What the line does now."""
        return self._line

    async def start(self, port: int = 0) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    def switch(self, line: Line) -> None:
        """Cut it, let it swallow everything, or repair it."""
        if self._line is Line.GRAVE:
            self._flowing = asyncio.Event()  # those who wait for the old one wait for ever
        self._line = line
        if line in {Line.HOLE, Line.GRAVE}:
            self._flowing.clear()
        else:
            self._flowing.set()
        if line is Line.CUT:
            for writer in list(self._writers):
                writer.transport.abort()

    async def close(self) -> None:
        """Reset everything and stop listening."""
        self.switch(Line.CUT)
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        far: asyncio.StreamWriter | None = None
        try:
            if self._line is Line.CUT:
                return
            flowing = self._flowing  # for life: a grave is never left
            await flowing.wait()
            far_reader, far = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers.add(far)
            ways = [self._pump(reader, far, flowing), self._pump(far_reader, writer, flowing)]
            pumps = [asyncio.create_task(way) for way in ways]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for end in (writer, far):
                if end is not None:
                    self._writers.discard(end)
                    end.transport.abort()
            self._tasks.discard(task)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flowing: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await flowing.wait()
                writer.write(data)
                await writer.drain()
