"""What a worklist is ordered by: how doubtful a reading is, and what an error in it would cost.

These are heuristics to order by, all in 0..1, and none is a measured chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

# What an error costs, a missed metastasis being 1: a judgement, told on the page.
COST_OF_A_MISS = 1.0
COST_AT_A_LIMIT = 0.5  # a size within one cell of 0.2 or 2 mm: the stage may be another
COST_OF_A_FALSE_ALARM = 0.25


@dataclass(frozen=True)
class Said:
    """What a version says of a place or a slide: a probability, and where it calls tumour."""

    score: float
    threshold: float

    @property
    def is_called(self) -> bool:
        return self.score >= self.threshold

    @property
    def standing(self) -> float:
        """The score on a scale on which each version's threshold is 0.5."""
        if not self.is_called:
            return 0.5 * self.score / self.threshold
        room = 1 - self.threshold
        return 0.5 + 0.5 * min(1.0, (self.score - self.threshold) / room) if room > 0 else 1.0


def uncertainty(said: Said) -> float:
    """1 where the score is at the threshold, 0 where it is 0 or 1."""
    return 1 - abs(2 * said.standing - 1)


def disagreement(first: Said, others: Sequence[Said]) -> float:
    """How far apart versions are, each held against its own threshold; 0 with one alone."""
    standings = [first.standing, *(other.standing for other in others)]
    return max(standings) - min(standings)


def expected_value(said: Said, disagreement: float, *, is_at_limit: bool = False) -> float:
    """What reading a slide is worth: how doubtful its call is, times what an error would cost.

    Doubtful: the score lies near the threshold, or versions disagree; either alone suffices. An
    error costs 1 where nothing is called (a miss), 0.25 where something is (a false alarm), 0.5
    where a size is within one cell of a limit (is_at_limit).
    """
    doubt = 1 - (1 - uncertainty(said)) * (1 - disagreement)
    if not said.is_called:
        return doubt * COST_OF_A_MISS
    return doubt * (COST_AT_A_LIMIT if is_at_limit else COST_OF_A_FALSE_ALARM)
