"""A report's figures once more: slowly, in plain Python, from maps, boxes and the definitions.

Nothing here is shared with the code that it is held against, but froc_by_definition, which was
written apart from it as well.
"""

from tests.predictions import froc_by_definition as froc


def peaks(grid, side, reach, stop):
    """The highest cell, then the highest of those not within reach of one taken, and so on."""
    left = {
        (row, column): value for row, line in enumerate(grid) for column, value in enumerate(line)
    }
    found = []
    while left:
        place = max(left, key=lambda one: (left[one], -one[0], -one[1]))
        if left[place] < stop:
            break
        found.append((left[place], (place[1] + 0.5) * side, (place[0] + 0.5) * side))
        left = {
            other: value
            for other, value in left.items()
            if max(abs(other[0] - place[0]), abs(other[1] - place[1])) > reach
        }
    return found


def mask_of(boxes, width, height):
    """True where the middle of a px lies in one of the boxes (left, top, right, bottom)."""
    return [
        [any(a < x + 0.5 < c and b < y + 0.5 < d for a, b, c, d in boxes) for x in range(width)]
        for y in range(height)
    ]


def share_of(cell, boxes, side):
    """The share of a cell (row, column) that boxes, none over another, cover."""
    top, left = cell[0] * side, cell[1] * side
    covered = 0
    for a, b, c, d in boxes:
        across = max(0, min(left + side, c) - max(left, a))
        covered += across * max(0, min(top + side, d) - max(top, b))
    return covered / side**2


def lesion_figures(slides, side, mpp, stop):
    """slides: (grid, boxes). The FROC score, its six rates, and false findings at a threshold."""
    told = []
    for grid, boxes in slides:
        height, width = len(grid) * side, len(grid[0]) * side
        mask = mask_of(boxes, width, height)
        labels, itc = froc.lesions_of(mask, mpp) if boxes else ({}, [])
        found = peaks(grid, side, int(187 / mpp // side), stop)
        false, best = froc.findings(found, labels, itc, 1)
        told.append((false, best, itc))
    return froc.score(froc.curve(told)), told


def counts(slides, side, threshold):
    """[tp, fp, fn, tn] of all cells; a cell with any tumour is tumour."""
    tally = [0, 0, 0, 0]
    for grid, boxes in slides:
        for row, line in enumerate(grid):
            for column, value in enumerate(line):
                is_tumour = share_of((row, column), boxes, side) > 0
                is_called = value >= threshold
                tally[(0 if is_called else 2) if is_tumour else (1 if is_called else 3)] += 1
    return tally


def auc(slides):
    """The share of pairs of a tumour and a normal slide that rank rightly, ties one half."""
    scores = [(max(map(max, grid)), bool(boxes)) for grid, boxes in slides]
    tumour = [score for score, is_tumour in scores if is_tumour]
    normal = [score for score, is_tumour in scores if not is_tumour]
    pairs = [(1.0 if a > b else 0.5 if a == b else 0.0) for a in tumour for b in normal]
    return sum(pairs) / len(pairs)
