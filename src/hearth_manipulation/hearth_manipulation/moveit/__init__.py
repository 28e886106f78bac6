"""MoveIt's interfaces to the planner: messages in and out here, decisions in ``core``."""
