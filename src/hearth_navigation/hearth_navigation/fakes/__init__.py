"""Flat homes with a lidar, wheels and people: for tests and benches, never for a robot."""
