"""Perception that runs without ROS."""
