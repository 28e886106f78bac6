"""The parts of the bridge node: messages, publishers, services, actions."""
