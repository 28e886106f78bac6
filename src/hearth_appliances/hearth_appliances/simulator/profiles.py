"""Profiles of the machines that homes have most, by name."""

from __future__ import annotations

from hearth_appliances.simulator.catalogue.cold import REFRIGERATOR
from hearth_appliances.simulator.catalogue.cooking import DISHWASHER, MICROWAVE, OVEN
from hearth_appliances.simulator.catalogue.laundry import DRYER, WASHER

__all__ = ["DISHWASHER", "DRYER", "MICROWAVE", "OVEN", "REFRIGERATOR", "WASHER"]
