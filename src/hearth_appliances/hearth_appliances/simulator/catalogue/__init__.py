"""Every device type of the vendor's SDK as a plausible machine.

Resource and property names are those of the vendor's public protocol; ranges, choices and
physics are ASSUMED. Some documented properties that the SDK does not know are here on purpose.
"""
