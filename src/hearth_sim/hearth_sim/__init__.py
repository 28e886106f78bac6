"""The simulated home: MuJoCo worlds behind the ports of ``hearth_core``."""
