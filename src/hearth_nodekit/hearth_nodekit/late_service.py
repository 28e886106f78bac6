"""A service that answers when its work is done, without holding up the executor.

rclpy sends what the callback returns at once; a coroutine callback would spin a core while it
waits. So the callback only notes the request, ``send_response`` is intercepted to learn the
request's header, and a thread answers with it later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from rclpy.node import Node


class LateService:
    """Runs ``work(request) -> response`` of every request in a thread of its own."""

    def __init__(
        self, node: Node, service_type: Any, name: str, work: Callable[[Any], Any]
    ) -> None:
        """Serve ``name``; an exception in ``work`` must not happen: it is logged, not answered."""
        self._node = node
        self._work = work
        self._request: Any = None
        self._service = node.create_service(service_type, name, self._on_request)
        self._send = self._service.send_response
        self._service.send_response = self._defer  # type: ignore[method-assign, assignment]

    def _on_request(self, request: Any, response: Any) -> Any:
        self._request = request
        return response

    def _defer(self, _: Any, header: Any) -> None:
        request, self._request = self._request, None
        threading.Thread(
            target=self._answer, args=(request, header), daemon=True, name="service_work"
        ).start()

    def _answer(self, request: Any, header: Any) -> None:
        try:
            self._send(self._work(request), header)
        except Exception as error:  # the thread ends here, whatever it is
            self._node.get_logger().error(f"{self._service.srv_name}: {error!r}")
