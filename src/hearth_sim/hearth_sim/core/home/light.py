"""Light: a bright sky for a home without a ceiling, and two directions the light comes from.

Few lights, because software rendering pays for each, and none casts shadows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
from hearth_core.home.model import Vec3


@dataclass(frozen=True)
class Light:
    """How a home is lit at the moment."""

    azimuth: float = 0.9
    """Where the stronger light comes from [rad]."""
    elevation: float = 1.0
    """Its height above the horizon [rad]."""
    intensity: float = 1.0
    """1: a well lit room."""
    temperature: float = 4000.0
    """Colour temperature [K]."""


def colour_of(temperature: float) -> Vec3:
    """Tint of a black body relative to 5000 K, halved as cameras balance white; mean near 1."""
    warm = math.log(5000.0 / temperature)
    red, blue = 1.0 + 0.22 * warm, 1.0 - 0.30 * warm
    return red, 1.0, blue


def add_light(spec: mujoco.MjSpec, light: Light) -> None:
    """Sky, even light from the camera's side, and two directional lights."""
    tint = colour_of(light.temperature)
    headlight = spec.visual.headlight
    headlight.ambient = [0.34 * light.intensity * c for c in tint]
    headlight.diffuse = [0.22 * light.intensity * c for c in tint]
    headlight.specular = [0.05, 0.05, 0.05]
    for name, turn, share in (("key", 0.0, 0.42), ("fill", 2.3, 0.20)):
        azimuth = light.azimuth + turn
        cos = math.cos(light.elevation)
        spec.worldbody.add_light(
            name=f"home/{name}",
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            pos=[0.0, 0.0, 5.0],
            dir=[-cos * math.cos(azimuth), -cos * math.sin(azimuth), -math.sin(light.elevation)],
            diffuse=[share * light.intensity * c for c in tint],
            ambient=[0.0, 0.0, 0.0],
            specular=[0.1, 0.1, 0.1],
            castshadow=False,
        )
    sky = spec.add_texture(name="home/sky")
    sky.type = mujoco.mjtTexture.mjTEXTURE_SKYBOX
    sky.builtin = mujoco.mjtBuiltin.mjBUILTIN_GRADIENT
    sky.rgb1 = [min(1.0, 0.80 * c) for c in tint]
    sky.rgb2 = [min(1.0, 0.62 * c) for c in tint]
    sky.width, sky.height = 64, 384
