"""A ``tf2_msgs/TFMessage`` kept as bytes: only its numbers are written anew.

Making and converting forty TransformStamped objects costs rclpy a millisecond; patching the
serialised message (CDR, little endian; OMG DDSI-RTPS 2.5, section 10) costs a few microseconds.
"""

import struct
from collections.abc import Sequence

import numpy as np

from hearth_description.core.parts import Array

HEADER = b"\x00\x01\x00\x00"
"""Encapsulation: plain CDR, little endian. Alignment counts from the byte after it."""


class TransformsMessage:
    """Transforms between fixed pairs of frames, to be published again and again."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Lay the message out.

        Args:
            pairs: Parent and child frame of every transform.
        """
        payload = bytearray(struct.pack("<I", len(pairs)))
        stamps: list[int] = []
        numbers: list[int] = []
        for parent, child in pairs:
            stamps.append(len(payload) // 4)
            payload += bytes(8)
            for frame in (parent, child):
                text = frame.encode() + b"\x00"
                payload += struct.pack("<I", len(text)) + text
                payload += bytes(-len(payload) % 4)
            payload += bytes(-len(payload) % 8)
            numbers.append(len(payload) // 8)
            payload += bytes(7 * 8)
        self._bytes = bytearray(HEADER + payload)
        view = memoryview(self._bytes)[len(HEADER) :]
        words = len(payload) // 4
        self._words = np.frombuffer(view[: 4 * words], dtype="<u4")
        self._doubles = np.frombuffer(view[: 8 * (len(payload) // 8)], dtype="<f8")
        self._seconds = np.array(stamps, dtype=np.intp)
        self._numbers = np.array(numbers, dtype=np.intp)[:, None] + np.arange(7)

    def fill(self, stamp: float, translations: Array, quaternions: Array) -> bytes:
        """The message at ``stamp`` [s].

        Args:
            stamp: Time of all transforms.
            translations: Shape (N, 3) [m], in the order of the pairs.
            quaternions: Shape (N, 4), x, y, z, w.
        """
        nanoseconds = round(stamp * 1e9)
        self._words[self._seconds] = nanoseconds // 10**9
        self._words[self._seconds + 1] = nanoseconds % 10**9
        self._doubles[self._numbers] = np.hstack((translations, quaternions))
        return bytes(self._bytes)
