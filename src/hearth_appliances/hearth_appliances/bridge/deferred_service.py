"""Services whose answers take a while, with nothing blocked and nothing polled meanwhile.

rclpy answers a service with what its callback returns, at once; a coroutine there is resumed in
a busy loop by the EventsExecutor (see ``hearth_nodekit.deferred``). So the sending of the response
is taken over: it is kept with its header until somebody has the answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from rclpy.node import Node


class DeferredService:
    """Hands every request over with a function that answers it, once, from any thread."""

    def __init__(
        self,
        node: Node,
        service_type: Any,
        name: str,
        on_request: Callable[[Any, Callable[[Any], None]], None],
    ) -> None:
        """Serve ``name``.

        Args:
            node: Owner.
            service_type: Service class.
            name: Relative name.
            on_request: Called in the executor's thread with the request and the function that
                sends the response; must be short.
        """
        self._waiting: dict[int, tuple[Any, Any]] = {}
        self._on_request = on_request
        self._lock = threading.Lock()
        self._closed = False
        self._service = node.create_service(service_type, name, self._called)
        self._send = self._service.send_response
        vars(self._service)["send_response"] = self._later  # hides the class's method

    def close(self) -> None:
        """Answer nobody any more: the node is going away."""
        with self._lock:
            self._closed = True

    def _called(self, request: Any, response: Any) -> Any:
        self._waiting[id(response)] = (request, response)
        return response

    def _later(self, response: Any, header: Any) -> None:
        request, _ = self._waiting.pop(id(response))

        def answer(result: Any) -> None:
            with self._lock:
                if not self._closed:
                    self._send(result, header)

        self._on_request(request, answer)
