"""The curve between epochs, thin enough for a page whatever the number of steps."""

import math
from typing import Any

MOST_POINTS = 300
FIGURES = ("auc", "recall", "precision")


class Curve:
    """Points of a fitting's steps: at most MOST_POINTS over all epochs, evenly spaced.

    A point holds the mean loss of the steps since the one before (in its epoch), and what
    Keras measured since the epoch began. points: those of a fitting that goes on.
    """

    def __init__(
        self, *, steps: int, epochs: int, points: list[dict[str, Any]] | None = None
    ) -> None:
        self.steps = steps
        self.stride = max(1, math.ceil(steps * epochs / MOST_POINTS))
        self.points = list(points or [])
        self._begin()

    def _begin(self) -> None:
        self._sum_at_point, self._step_at_point = 0.0, 0

    def add(self, epoch: int, step: int, logs: dict[str, Any], *, rate: float) -> bool:
        """Take a step, both counted from 1; True if it made a point.

        logs: of Keras, whose loss is the mean since the epoch began.
        """
        if step == 1:
            self._begin()
        overall = (epoch - 1) * self.steps + step
        if overall % self.stride:
            return False
        total = float(logs["loss"]) * step
        loss = (total - self._sum_at_point) / (step - self._step_at_point)
        self._sum_at_point, self._step_at_point = total, step
        figures = {name: round(float(logs[name]), 5) for name in FIGURES if name in logs}
        point = {"step": overall, "epoch": round(overall / self.steps, 4), "loss": round(loss, 5)}
        self.points.append(point | figures | {"learning_rate": rate})
        return True
