"""Clouds behind the port of core.backend."""
