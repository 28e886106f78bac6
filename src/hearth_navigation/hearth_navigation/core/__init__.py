"""Maps, localisation, planning and control that run without ROS."""
