"""An appliance cloud offline: REST as the vendor's SDK speaks it, driven by a simulated home.

The push channel is a WebSocket with the vendor's messages; MQTT is not simulated yet.
"""

from hearth_appliances.simulator.home import HomeCloud, attach

__all__ = ["HomeCloud", "attach"]
