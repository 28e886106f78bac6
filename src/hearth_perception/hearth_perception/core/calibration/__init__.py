"""Calibration of cameras and lidar from things every home has: a board, a tag, a wall."""
