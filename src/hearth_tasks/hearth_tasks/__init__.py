"""Household tasks: one typed action, behaviour trees, recovery, evaluation."""
