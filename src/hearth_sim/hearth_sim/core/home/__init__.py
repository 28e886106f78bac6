"""Homes in MuJoCo: built from the home model, drawn from a seed, checked."""

from hearth_sim.core.home.build import add_home
from hearth_sim.core.home.check import check_home
from hearth_sim.core.home.generate import generate_home
from hearth_sim.core.home.light import Light
from hearth_sim.core.home.scenario import Scenario, scenario

__all__ = ["Light", "Scenario", "add_home", "check_home", "generate_home", "scenario"]
