"""From a mask to numbered lesions, as the CAMELYON16 organisers' script makes them.

What lies nearer to tumour than half the merge distance is grown into it, so that lesions closer
than the merge distance become one; holes are filled; what touches by sides or corners is one
lesion. The same rules make lesions of a truth and of a probability map.
"""

from collections.abc import Iterator

import numpy as np
import shapely

MERGE_UM = 75.0  # five tumour cells, the organisers say
TOUCHING = np.ones((3, 3), bool)  # by sides or corners
PIECE_PX = 2000  # what looking at one more piece costs, in px


def merged_labels(is_tumour: np.ndarray, *, px_um: float, merge_um: float = MERGE_UM) -> np.ndarray:
    """Number each lesion of a mask (rows, columns) from 1 on; int32, 0 = no lesion.

    px_um: side of a mask px. A px joins if its distance to tumour is strictly below half the
    merge distance, middle to middle. Raises ValueError unless px_um is above 0.
    """
    if not px_um > 0:
        raise ValueError(f"um per px of the mask must be above 0, got {px_um!r}")
    labels = np.zeros(is_tumour.shape, np.int32)
    reach = merge_um / (px_um * 2)
    window = _window_around(is_tumour, int(reach) + 2)
    if window is None:
        return labels
    from scipy import ndimage  # noqa: PLC0415 -- slow import

    grown = _grown(is_tumour[window].astype(bool), reach)
    labels[window], _ = ndimage.label(filled(grown), structure=TOUCHING)
    return labels


def _grown(tumour: np.ndarray, reach: float) -> np.ndarray:
    """With all px whose distance to tumour is below reach, looked for around each piece of it."""
    from scipy import ndimage  # noqa: PLC0415 -- slow import

    pieces, _ = ndimage.label(tumour, structure=TOUCHING)
    margin, grown = int(reach) + 1, tumour.copy()
    around = [
        tuple(slice(max(0, side.start - margin), side.stop + margin) for side in piece)
        for piece in ndimage.find_objects(pieces)
    ]
    if sum(tumour[part].size + PIECE_PX for part in around) > tumour.size:
        around = [(slice(None), slice(None))]
    for part in around:
        grown[part] |= ndimage.distance_transform_edt(~tumour[part]) < reach
    return grown


def _window_around(is_tumour: np.ndarray, margin: int) -> tuple[slice, slice] | None:
    """The part of a mask that holds all tumour and a margin; None without tumour."""
    rows, columns = (np.flatnonzero(is_tumour.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + margin + 1),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + margin + 1),
    )


def filled(mask: np.ndarray) -> np.ndarray:
    """The mask with its holes: what is outside and cannot reach the edge by sides."""
    from scipy import ndimage  # noqa: PLC0415 -- slow import

    outside, count = ndimage.label(~mask)
    is_open = np.zeros(count + 1, bool)
    for edge in (outside[0], outside[-1], outside[:, 0], outside[:, -1]):
        is_open[edge] = True
    is_open[0] = False
    return ~is_open[outside]


def each_label(labels: np.ndarray) -> Iterator[tuple[int, tuple[slice, slice], np.ndarray]]:
    """Number, window and mask within the window of each label, in order."""
    from scipy import ndimage  # noqa: PLC0415 -- slow import

    for index, window in enumerate(ndimage.find_objects(labels), start=1):
        if window is not None:
            yield index, window, labels[window] == index


def major_axis(mask: np.ndarray) -> float:
    """Major axis, in px, of the ellipse with the second moments of the True px.

    0 for a single px: px are points here, as in the organisers' script.
    """
    rows, columns = (axis - axis.mean() for axis in np.nonzero(mask))
    down, across, both = (rows**2).mean(), (columns**2).mean(), (rows * columns).mean()
    largest = (down + across + np.hypot(2 * both, down - across)) / 2
    return float(4 * np.sqrt(max(largest, 0.0)))


def longest_diameter(mask: np.ndarray) -> float:
    """The longest distance, in px, between the middles of two True px, plus one px.

    The px have a width: one px is 1 px long, a row of n is n long. 0 without any.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return 0.0
    first = mask[rows].argmax(axis=1)
    last = mask.shape[1] - 1 - mask[rows, ::-1].argmax(axis=1)
    ends = np.concatenate([np.stack([rows, first], axis=1), np.stack([rows, last], axis=1)])
    corners = shapely.get_coordinates(shapely.convex_hull(shapely.multipoints(ends)))
    steps = corners[:, None, :] - corners[None, :, :]
    return float(np.sqrt((steps**2).sum(axis=2)).max()) + 1
