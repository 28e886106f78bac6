"""pytest plugin: property tests draw the same examples everywhere, however slow the machine is.

Loaded by pyproject.toml (``-p hearth_core.testing``).
"""

from hypothesis import settings

settings.register_profile("hearth", deadline=None, derandomize=True, database=None)
settings.load_profile("hearth")
