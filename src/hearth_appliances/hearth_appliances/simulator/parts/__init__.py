"""What machines are made of: courses, heat, air, batteries."""
