"""Descriptors held against the profiles of the Data Package standard, 1.0 and 2.0: what is wrong, where, and a hint.

The profiles are the official ones (datapackage.org/profiles), restated in `standard` so that nothing is fetched and
every fault has a sentence; a test holds the two against each other. They are patched where they contradict the prose.
"""

from minshu.profiles.check import faults
from minshu.profiles.shapes import Fault, near

__all__ = ["Fault", "faults", "near"]
