"""Reading models and moving them. Knows no ROS."""
