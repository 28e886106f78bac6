"""One robot in MuJoCo: bodies, drives and sensors from the shared robot model."""
