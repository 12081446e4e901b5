"""When what failed is tried again: exponentially later, with jitter, and given up after about three days."""

from datetime import timedelta
from typing import Final

FIRST: Final = timedelta(seconds=10)
LONGEST: Final = timedelta(hours=12)
"""The first pause, and the last ones. Each between is four times the one before."""

JITTER: Final = 0.2
"""By which part of it a pause may be longer, by chance: so that not all come at once to a receiver that is back."""

ATTEMPTS: Final = 13
"""How often a message is posted before it is given up. The pauses between add up to 75 hours, and to 90 at most."""

REST: Final = timedelta(hours=1)
"""The longest time, but for jitter, for which a receiver that fails is not asked at all."""


def pause(failures: int, chance: float, longest: timedelta = LONGEST) -> timedelta:
    """How long to wait after so many failures. `chance` lies between 0 and 1."""
    doublings = 2 * min(failures - 1, 20)  # More would be longer than any time, and is cut off far below.
    plain = min(FIRST * (1 << doublings), longest)
    return plain * (1 + JITTER * chance)
