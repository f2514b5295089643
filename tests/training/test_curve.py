import pytest

from training.curve import MOST_POINTS, Curve


def taken(steps: int, epochs: int, curve: Curve | None = None, first_epoch: int = 1) -> Curve:
    """A curve fed with losses equal to the overall step; Keras gives their mean by epoch."""
    curve = curve or Curve(steps=steps, epochs=epochs)
    for epoch in range(first_epoch, epochs + 1):
        total = 0.0
        for step in range(1, steps + 1):
            total += (epoch - 1) * steps + step
            curve.add(epoch, step, {"loss": total / step, "auc": 0.5}, rate=0.1)
    return curve


def test_few_steps_each_make_a_point_of_their_own_loss():
    curve = taken(3, 2)
    assert [point["step"] for point in curve.points] == [1, 2, 3, 4, 5, 6]
    assert [point["loss"] for point in curve.points] == pytest.approx([1, 2, 3, 4, 5, 6])
    assert curve.points[2] == {
        **{"step": 3, "epoch": 1.0, "loss": pytest.approx(3), "auc": 0.5, "learning_rate": 0.1}
    }


@pytest.mark.parametrize(("steps", "epochs"), [(1000, 7), (301, 1), (7, 1000)])
def test_there_are_never_more_points_than_a_page_bears(steps, epochs):
    points = taken(steps, epochs).points
    assert MOST_POINTS / 2 <= len(points) <= MOST_POINTS
    assert len({point["step"] for point in points}) == len(points)


def test_a_point_is_the_mean_of_the_steps_since_the_one_before():
    points = taken(600, 1).points
    assert [point["step"] for point in points[:2]] == [2, 4]
    assert [point["loss"] for point in points[:2]] == pytest.approx([1.5, 3.5])


def test_a_curve_that_is_taken_up_again_is_that_of_an_unbroken_fitting():
    whole = taken(101, 9)
    before = [point for point in whole.points if point["epoch"] <= 4]
    again = taken(101, 9, Curve(steps=101, epochs=9, points=before), first_epoch=5)
    assert again.points == whole.points
