"""Simulated people: how they look, where they walk, and who bumped into whom."""
