"""How wide the columns of a printed table are: no word is broken while there is room."""

from collections.abc import Sequence


def shared_out(
    width: float,
    least: Sequence[float],
    wanted: Sequence[float],
    weights: Sequence[float],
) -> list[float]:
    """Widths of columns whose longest words need `least` and whose longest lines `wanted`.

    Columns that fit are as wide as they want to be, without filling the page. Else each has what
    its words need and its part of what is left, by weight, or by what it wants beyond that where
    no column has a weight. Where even words do not fit, all give way alike.
    """
    if not any(weights) and sum(wanted) <= width:
        return list(wanted)
    if sum(least) >= width:
        return [width * one / sum(least) for one in least]
    if any(weights):
        return _by_weight(width, least, weights)
    spare = width - sum(least)
    beyond = [max(want - need, 0.0) for want, need in zip(wanted, least, strict=True)]
    return [need + spare * more / sum(beyond) for need, more in zip(least, beyond, strict=True)]


def _by_weight(width: float, least: Sequence[float], weights: Sequence[float]) -> list[float]:
    """By weight; a column whose words need more has that, and the others share the rest."""
    tight: set[int] = set()
    while True:
        free = [place for place in range(len(weights)) if place not in tight]
        spare = width - sum(least[place] for place in tight)
        unit = spare / (sum(weights[place] for place in free) or 1.0)
        more = {place for place in free if weights[place] * unit < least[place]}
        if not more:
            own = (unit * weight for weight in weights)
            return [least[p] if p in tight else one for p, one in enumerate(own)]
        tight |= more
