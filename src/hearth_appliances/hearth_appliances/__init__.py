"""ThinQ appliances as ROS topics, and an appliance cloud simulated offline."""
