"""The simulated world without ROS."""
