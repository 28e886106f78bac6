"""Hardware behind hearth_core.ports becomes topics, controllers and safety behaviour."""
