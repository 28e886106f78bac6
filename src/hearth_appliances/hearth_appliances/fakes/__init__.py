"""Fakes that ship with the package: a cloud in the same process, without sockets."""
