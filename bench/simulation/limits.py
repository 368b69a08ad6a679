"""Rate limits: requests of a gateway, units of a table."""

from collections.abc import Sequence

import simpy


class Meter:
    """Limits units per second; further ones wait for their turn, or are refused."""

    def __init__(self, env: simpy.Environment, name: str, rate: float, burst: float) -> None:
        """Start full: `burst` units may pass at once, then `rate` a second."""
        self.name = name
        self.rate = rate
        self.used = self.refused = 0.0
        self._env = env
        self._burst = burst
        self._level, self._at = burst, env.now

    def wait_for(self, units: float) -> float:
        """Return the seconds that some units would have to wait now."""
        now = self._env.now
        self._level, self._at = min(self._burst, self._level + (now - self._at) * self.rate), now
        return max(0.0, (units - self._level) / self.rate)

    def take(self, units: float) -> None:
        """Take some units, if need be in advance."""
        self._level -= units
        self.used += units


def take_all(wanted: Sequence[tuple[Meter, float]], patience: float) -> float | None:
    """Take units of all these meters and return the seconds until they have passed.

    None: the queue at one of them exceeds `patience` seconds, and nothing is taken.
    """
    crowded = [(meter, units) for meter, units in wanted if meter.wait_for(0) > patience]
    for meter, units in crowded:
        meter.refused += units
    if crowded:
        return None
    waits = [meter.wait_for(units) for meter, units in wanted]
    for meter, units in wanted:
        meter.take(units)
    return max(waits, default=0.0)
