"""Topic contracts of the appliances bridge, in the home's namespace.

Apart from the robot's: a bridge alone then loads no message types of sensors and navigation.
"""

from hearth_interfaces.msg import (
    ApplianceAccess,
    ApplianceCapabilities,
    ApplianceEvent,
    ApplianceList,
    ApplianceState,
    BridgeStatus,
)
from hearth_nodekit.qos import LATCHED, LOG
from hearth_nodekit.topic import Topic


def appliance_state(slug: str) -> Topic:
    """State of one appliance; in the home's namespace, so create it on a node there."""
    return Topic(f"appliances/{slug}/state", ApplianceState, LATCHED)


def appliance_events(slug: str) -> Topic:
    """Gap-free events of one appliance, every one of them; in the home's namespace."""
    return Topic(f"appliances/{slug}/events", ApplianceEvent, LOG)


def appliance_capabilities(slug: str) -> Topic:
    """What one appliance can do; in the home's namespace."""
    return Topic(f"appliances/{slug}/capabilities", ApplianceCapabilities, LATCHED)


def appliance_access(slug: str) -> Topic:
    """Who may use one appliance, and how to get at it; in the home's namespace."""
    return Topic(f"appliances/{slug}/access", ApplianceAccess, LATCHED)


APPLIANCES = Topic("appliances", ApplianceList, LATCHED)
BRIDGE_STATUS = Topic("bridge/status", BridgeStatus, LATCHED)
