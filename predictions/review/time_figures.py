"""How long readings took: medians with what is known of them, and where they lie on a plot.

Times are skewed, a few readings take ten times as long as most: medians and a logarithmic axis say
more than means. The interval of a median is exact and asks for no distribution: it lies between two
of the times themselves (binomial order statistics).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST = 6  # below, no two of the times hold the median with 95 %
TICKS_S = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600)
MOST_DOTS = 300


@dataclass(frozen=True)
class Spread:
    """n times in s. low, high: the 95 % interval of the median, None under FEWEST."""

    n: int
    median: float
    low: float | None
    high: float | None
    lower_quartile: float
    upper_quartile: float
    total: float


def spread(seconds: Sequence[float]) -> Spread | None:
    """None without any time."""
    ordered = np.sort(np.asarray(seconds, float))
    n = len(ordered)
    if not n:
        return None
    rank = _rank(n)
    low, high = (float(ordered[rank - 1]), float(ordered[n - rank])) if rank else (None, None)
    return Spread(
        n=n,
        median=float(np.median(ordered)),
        low=low,
        high=high,
        lower_quartile=float(np.quantile(ordered, 0.25)),
        upper_quartile=float(np.quantile(ordered, 0.75)),
        total=float(ordered.sum()),
    )


def _rank(n: int) -> int:
    """The largest k so that the median is between the k-th time and the k-th last with 95 %."""
    if n > 1000:  # as the normal distribution has it, to half a rank
        return int((n - 1.959964 * math.sqrt(n)) / 2)
    tail, rank = 0.0, 0
    for k in range(n // 2):
        tail += math.comb(n, k) / 2**n
        if 2 * tail > 0.05:
            break
        rank = k + 1
    return rank


# The plot ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis of s, from left to right in px. ticks: s and px."""

    left: float
    right: float
    shortest: float
    longest: float

    def at(self, seconds: float) -> float:
        inside = min(max(seconds, self.shortest), self.longest)
        share = math.log(inside / self.shortest) / math.log(self.longest / self.shortest)
        return round(self.left + (self.right - self.left) * share, 1)

    @property
    def ticks(self) -> list[tuple[int, float]]:
        shown = [tick for tick in TICKS_S if self.shortest <= tick <= self.longest]
        return [(tick, self.at(tick)) for tick in shown]


def axis_for(seconds: Sequence[float], *, left: float, right: float) -> Axis:
    """An axis from the last tick before all times to the first one beyond them."""
    before = max((tick for tick in TICKS_S if tick <= min(seconds)), default=TICKS_S[0])
    longest = max(seconds)
    beyond = min((tick for tick in TICKS_S if tick >= longest), default=longest)
    return Axis(left, right, float(before), float(max(beyond, 5 * before)))


def dots(seconds: Sequence[float], axis: Axis) -> list[float]:
    """Where times lie on the axis; of very many an even choice, shortest and longest kept."""
    ordered = np.sort(np.asarray(seconds, float))
    if len(ordered) > MOST_DOTS:
        ordered = ordered[np.linspace(0, len(ordered) - 1, MOST_DOTS).round().astype(int)]
    return [axis.at(float(each)) for each in ordered]
