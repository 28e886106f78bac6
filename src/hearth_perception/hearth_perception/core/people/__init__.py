"""People: seen by the head camera as upright bodies, followed together with the lidar's tracks."""
