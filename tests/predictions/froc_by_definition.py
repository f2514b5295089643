"""The CAMELYON16 lesion FROC once more: slowly, in plain Python, straight from its definition.

Written from the protocol's seven steps and from nothing else in this repository, so that two
readings of the definition can be held against each other.
"""

import math

RATES = (0.25, 0.5, 1, 2, 4, 8)


def lesions_of(mask, px_um):
    """Steps 2 to 4: labels as a dict {(row, column): number}, and the numbers that are ITC."""
    height, width = len(mask), len(mask[0])
    everywhere = [(row, column) for row in range(height) for column in range(width)]
    tumour = [(row, column) for row, column in everywhere if mask[row][column]]
    reach = 75 / (px_um * 2)
    inside = {
        (row, column)
        for row, column in everywhere
        if any(math.hypot(row - other[0], column - other[1]) < reach for other in tumour)
    } | set(tumour)
    inside |= holes(inside, height, width)
    labels, count = {}, 0
    for start in everywhere:
        if start in inside and start not in labels:
            count += 1
            flood(start, inside, labels, count)
    itc = [number for number in range(1, count + 1) if axis(labels, number) < 275 / px_um]
    return labels, itc


def flood(start, inside, labels, number):
    """Give every px that hangs together with start, by sides or corners, its number."""
    waiting = [start]
    while waiting:
        row, column = waiting.pop()
        if (row, column) in inside and (row, column) not in labels:
            labels[row, column] = number
            steps = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1)]
            waiting += [(row + down, column + across) for down, across in steps]


def holes(inside, height, width):
    """What is not inside and cannot walk out over the edge, by sides."""
    outside = set()
    waiting = [(row, column) for row in range(-1, height + 1) for column in (-1, width)]
    waiting += [(row, column) for row in (-1, height) for column in range(-1, width + 1)]
    while waiting:
        row, column = waiting.pop()
        is_near = -1 <= row <= height and -1 <= column <= width
        if is_near and (row, column) not in inside and (row, column) not in outside:
            outside.add((row, column))
            waiting += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
    every = {(row, column) for row in range(height) for column in range(width)}
    return every - inside - outside


def axis(labels, number):
    """The major axis of the ellipse that has the lesion's second moments."""
    own = [place for place, value in labels.items() if value == number]
    n = len(own)
    row, column = sum(one[0] for one in own) / n, sum(one[1] for one in own) / n
    down = sum((one[0] - row) ** 2 for one in own) / n
    across = sum((one[1] - column) ** 2 for one in own) / n
    both = sum((one[0] - row) * (one[1] - column) for one in own) / n
    half = (down + across) / 2
    return 4 * math.sqrt(half + math.sqrt(((down - across) / 2) ** 2 + both**2))


def findings(detections, labels, itc, scale):
    """Step 5: confidences of false positives, and the confidence of each lesion, 0 if missed.

    The lesions' list has ITC lesions too, at 0, as the organisers' script has them.
    """
    false, best = [], dict.fromkeys(set(labels.values()), 0.0)
    for confidence, x, y in detections:
        number = labels.get((int(y / scale), int(x / scale)), 0)
        if number == 0:
            false.append(confidence)
        elif number not in itc:
            best[number] = max(best[number], confidence)
    return false, best


def curve(slides):
    """Step 6: points (false positives a slide, sensitivity), of (false, best, itc) a slide."""
    false = [one for slide in slides for one in slide[0]]
    hits = [one for slide in slides for one in slide[1].values()]
    counted = sum(len(slide[1]) - len(slide[2]) for slide in slides)
    points = []
    for threshold in sorted(set(false + hits))[1:]:
        points.append(
            (
                sum(one >= threshold for one in false) / len(slides),
                sum(one >= threshold for one in hits) / counted,
            )
        )
    return [*points, (0.0, 0.0)]


def score(points):
    """Step 7, with each rate's sensitivity."""
    at = [read_off(sorted(points), rate) for rate in RATES]
    return sum(at) / len(at), at


def read_off(points, rate):
    """By a straight line between the points on either side; the last value beyond the last."""
    before = [point for point in points if point[0] <= rate]
    after = [point for point in points if point[0] > rate]
    low = max(before)
    if not after or low[0] == rate:
        return low[1]
    high = min(after)
    return low[1] + (high[1] - low[1]) * (rate - low[0]) / (high[0] - low[0])
