"""``./hearth calibrate``: cameras and lidar from live topics, bags or folders, with a report."""
