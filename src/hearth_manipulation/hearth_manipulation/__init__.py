"""Arm kinematics, planning scene, motion planning, grasping and manipulation skills."""
