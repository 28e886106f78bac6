"""Manipulation that runs without ROS."""
