"""Whole homes from a seed: floor plan, furniture room by room, loose things."""

from hearth_sim.core.home.generate.generator import generate_home

__all__ = ["generate_home"]
