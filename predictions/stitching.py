"""From patch probabilities to a map of cells, and the map's two pictures."""

import io

import numpy as np
from PIL import Image

PNG_STEPS = 254  # 1..255 hold a probability; 0 is kept for "not assessed"
SHARE_STEPS = 254  # 0..254 hold a share of tumour; 255 is kept for "ignored"
IGNORED = 255


def stitch(
    probabilities: np.ndarray, cells: np.ndarray, shape: tuple[int, int], *, span: int = 1
) -> np.ndarray:
    """Lay patch probabilities on a map, averaging where patches overlap.

    probabilities: (n,) in [0, 1]. cells: (n, 2) int, [row, column] of each patch's first cell.
    span: how many cells a patch covers each way (1: stride equals patch side); what reaches
    beyond the map is cut off.
    Returns shape float32; NaN where no patch lies, so "not looked at" is never "healthy".
    Raises ValueError if a cell lies outside shape or a probability outside [0, 1].
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    cells = np.asarray(cells, dtype=np.int64).reshape(-1, 2)
    _check(probabilities, cells, shape)
    total, count = np.zeros(shape), np.zeros(shape)
    for row_offset in range(span):
        for column_offset in range(span):
            rows, columns = cells[:, 0] + row_offset, cells[:, 1] + column_offset
            is_inside = (rows < shape[0]) & (columns < shape[1])
            place = (rows[is_inside], columns[is_inside])
            np.add.at(total, place, probabilities[is_inside])
            np.add.at(count, place, 1)
    mean = np.full(shape, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean.astype(np.float32)


def _check(probabilities: np.ndarray, cells: np.ndarray, shape: tuple[int, int]) -> None:
    if len(probabilities) != len(cells):
        raise ValueError(f"{len(probabilities)} probabilities for {len(cells)} cells; give as many")
    if len(cells) and (cells.min() < 0 or (cells >= np.array(shape)).any()):
        raise ValueError(f"a cell lies outside the map of {shape[0]} x {shape[1]} cells")
    # written so that NaN fails too
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("a probability is NaN or outside 0..1: check the network's last layer")


def map_values(probability_map: np.ndarray) -> np.ndarray:
    """The map as uint8: 0 = not assessed; v in 1..255 stands for p = (v - 1) / 254."""
    scaled = np.rint(np.nan_to_num(probability_map) * PNG_STEPS) + 1
    return np.where(np.isnan(probability_map), 0, scaled).astype(np.uint8)


def called_values(probability_map: np.ndarray, threshold: float) -> np.ndarray:
    """`map_values`, moved by one step where rounding would carry a cell over the threshold.

    A reader that calls every value from `called_from(threshold)` on thus calls the very cells
    of `tumour_cells`, although a byte holds a probability to 1/508 only.
    """
    values, cut = map_values(probability_map), called_from(threshold)
    is_called = tumour_cells(probability_map, threshold)
    is_free = ~is_called & (values > 0)
    values[is_called] = np.maximum(values[is_called], cut)
    if cut > 1:
        values[is_free] = np.minimum(values[is_free], cut - 1)
    return values


def called_from(threshold: float) -> int:
    """The least map value that is called; above 0 never the 1 of probability 0."""
    return max(1 + round(PNG_STEPS * threshold), 1 if threshold <= 0 else 2)


def truth_values(share: np.ndarray, is_ignored: np.ndarray, tumour_bar: float) -> np.ndarray:
    """The truth per cell as uint8: 255 = ignored, else share * 254 rounded up.

    Shares above the tumour bar, and only they, are above floor(254 * bar), so that a reader
    counts as tumour what `evaluation.agreement` does.
    """
    # float32 shares of exact counts carry an error of 1e-7, which must not round 1/2 up to 128
    values = np.clip(np.ceil(share.astype(np.float64) * SHARE_STEPS - 1e-4), 0, SHARE_STEPS)
    bar = np.floor(SHARE_STEPS * tumour_bar + 1e-6)
    is_tumour = share > np.float32(tumour_bar)
    values = np.where(is_tumour, np.maximum(values, bar + 1), np.minimum(values, bar))
    return np.where(is_ignored, IGNORED, values).astype(np.uint8)


def to_png(values: np.ndarray) -> bytes:
    """A grey lossless PNG of a (rows, columns) uint8 array, one pixel per cell."""
    picture = io.BytesIO()
    Image.fromarray(values).save(picture, format="PNG", optimize=True)
    return picture.getvalue()


def map_to_png(probability_map: np.ndarray, threshold: float) -> bytes:
    """The probability map as a PNG; the coding is that of `called_values`."""
    return to_png(called_values(probability_map, threshold))


def tumour_cells(probability_map: np.ndarray, threshold: float) -> np.ndarray:
    """The predicted mask, (rows, columns) bool: assessed and at or above the threshold."""
    # comparison with NaN is False, so a cell not assessed is never called
    return probability_map >= np.float32(threshold)


def mask_values(probability_map: np.ndarray, threshold: float) -> np.ndarray:
    """Exported mask values per cell: 0 not called, 255 tumour. See `export_mask`."""
    return tumour_cells(probability_map, threshold).astype(np.uint8) * 255
