"""Home navigation: where the robot is, where it can go, and how it gets there."""
