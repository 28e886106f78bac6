"""The robot's model, for everyone who needs its links, joints, limits or shapes."""
