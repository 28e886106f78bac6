"""The ways Hearth talks (REP 2003): commands, events, latched states and sensor data."""

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

COMMAND = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
"""Only the newest counts."""
EVENT = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
"""Every one counts."""
LOG = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)
"""Every one counts, and they come in bursts."""
TRANSFORM = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
"""As tf2 writes and reads ``tf``."""
LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""States, maps and descriptions: late readers get the last one."""
SENSOR_WRITER = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)
SENSOR_READER = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Sensors are written reliable and read best-effort."""
IMAGE_READER = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
"""Large messages lose fragments best-effort (73 of 120 arrived): read reliably, newest only."""
