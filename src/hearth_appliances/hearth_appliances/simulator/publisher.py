"""The cloud's own connection to its broker."""

from __future__ import annotations

import json

from awscrt import io, mqtt
from awsiot import mqtt_connection_builder

from hearth_appliances.core.profile import Json
from hearth_appliances.simulator.broker import HOST, PUBLISHER, TOPIC
from hearth_appliances.simulator.tls import Authority


class Publisher:
    """Publishes pushes; while the broker is away they wait for it, in order."""

    def __init__(self, authority: Authority, port: int, timeout: float = 20.0) -> None:
        """Connect.

        Raises:
            Exception: Whatever the MQTT library says when the broker does not answer.
        """
        identity = authority.issue(PUBLISHER)
        group = io.EventLoopGroup(1)
        self._connection = mqtt_connection_builder.mtls_from_bytes(
            identity.certificate.encode(),
            identity.key.encode(),
            ca_bytes=authority.certificate.encode(),
            client_bootstrap=io.ClientBootstrap(group, io.DefaultHostResolver(group)),
            endpoint=HOST,
            port=port,
            client_id=PUBLISHER,
            clean_session=True,
            keep_alive_secs=30,
            reconnect_min_timeout_secs=1,
            reconnect_max_timeout_secs=1,
            enable_metrics_collection=False,
        )
        self._connection.connect().result(timeout)

    def publish(self, client: str, message: Json) -> None:
        """Send a push to one client; never waits."""
        self._connection.publish(
            TOPIC.format(client=client), json.dumps(message), mqtt.QoS.AT_LEAST_ONCE
        )

    def close(self) -> None:
        """Disconnect, without waiting for a broker that is gone."""
        self._connection.disconnect()
