"""Fixtures of the system tests; what they are made of is in ``deployments``."""

from deployments import running

__all__ = ["running"]
