"""Task logic that runs without ROS."""
