"""The hearth command. Everything under `setup` runs before the environment exists: stdlib only."""
