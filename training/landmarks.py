"""Places of a slide's tissue that are found again in another scan of it, each with a hash.

A landmark is where the tissue is darkest or palest among its surroundings at the scale of a
follicle or a vessel. Such places belong to the tissue, not to a grid, so they are found again
when the same glass is scanned, cut out or compressed once more. The hash is the perceptual one of
Zauner (2010): signs of the lowest frequencies (DCT) of the square around it. Thirty lines with
SciPy; the ImageHash package would hash one Pillow picture at a time, and know no mirror images.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage

from slides.pyramid import Pyramid

MPP = 8.0  # um per px: coarse, so that scans of one glass look alike
WINDOW_PX = 48  # 384 um
BLOCK_PX = 512  # read at once, only where there is tissue
MOST_BLOCKS = 64
SIGMA_PX = 3.0  # of the blobs that landmarks are
APART_PX = 6
LEAST_CONTRAST = 0.015  # optical density of a blob against its surroundings
LEAST_VARIATION = 0.04  # standard deviation of optical density in a square worth a hash
FREQUENCIES = 8
TURNS = 8


@dataclass(frozen=True)
class Landmarks:
    """places_um: (n, 2) float32, x and y from the slide's corner. hashes: (n,) uint64.

    Strongest first.
    """

    places_um: np.ndarray
    hashes: np.ndarray

    def __len__(self) -> int:
        return len(self.hashes)

    def strongest(self, n: int) -> "Landmarks":
        return Landmarks(self.places_um[:n], self.hashes[:n])


def landmarks_of(pyramid: Pyramid, tissue: np.ndarray, *, most: int) -> Landmarks:
    """The strongest landmarks of a slide. tissue: bool (h, w), a mask of the whole slide.

    A slide without resolution, or with less tissue than one square, has none.
    """
    places, hashes, strengths = [], [], []
    for x_um, y_um, rgb in _blocks(pyramid, tissue):
        found, strength, own = _in_block(density(rgb))
        places.append(found * MPP + [x_um, y_um])
        strengths.append(strength)
        hashes.append(own)
    if not places:
        return Landmarks(np.zeros((0, 2), np.float32), np.zeros(0, np.uint64))
    order = np.argsort(-np.concatenate(strengths), kind="stable")[:most]
    return Landmarks(
        np.concatenate(places)[order].astype(np.float32), np.concatenate(hashes)[order]
    )


def _blocks(pyramid: Pyramid, tissue: np.ndarray) -> Iterator[tuple[float, float, np.ndarray]]:
    """Corner in um and pixels at MPP of blocks with tissue, those with most of it first.

    Blocks overlap by a square, so that none is lost at their edges.
    """
    if pyramid.mpp is None or pyramid.mpp > MPP:
        return
    step_um, side_um = (BLOCK_PX - WINDOW_PX) * MPP, BLOCK_PX * MPP
    width_um, height_um = pyramid.width * pyramid.mpp, pyramid.height * pyramid.mpp
    scale = np.array([tissue.shape[1] / width_um, tissue.shape[0] / height_um])
    blocks = []
    for y_um in np.arange(0, height_um, step_um):
        for x_um in np.arange(0, width_um, step_um):
            (left, top), (right, bottom) = (
                ((np.array([x_um, y_um]) + edge) * scale).astype(int) for edge in (0, side_um)
            )
            blocks.append((int(tissue[top : bottom + 1, left : right + 1].sum()), x_um, y_um))
    blocks.sort(key=lambda block: (-block[0], block[2], block[1]))
    for share, x_um, y_um in blocks[:MOST_BLOCKS]:
        if share:
            corner_l0 = np.array([x_um, y_um]) / pyramid.mpp
            side_px = [
                min(BLOCK_PX, int((extent - start) / MPP))
                for extent, start in ((width_um, x_um), (height_um, y_um))
            ]
            if min(side_px) >= WINDOW_PX:
                box = (*corner_l0, *(corner_l0 + np.array(side_px) * MPP / pyramid.mpp))
                yield x_um, y_um, pyramid.read_box(box, (side_px[0], side_px[1]))


def density(rgb: np.ndarray) -> np.ndarray:
    """Optical density of the mean of red, green and blue, float32: glass 0, dark tissue 1."""
    return -np.log10(np.maximum(rgb.mean(axis=2, dtype=np.float32), 1) / 255)


def _in_block(dense: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Landmarks of one block: (n, 2) x and y in px, (n,) strengths, (n,) hashes."""
    blob = ndimage.gaussian_filter(dense, SIGMA_PX) - ndimage.gaussian_filter(dense, 2 * SIGMA_PX)
    strength = np.abs(blob)
    is_peak = strength == ndimage.maximum_filter(strength, 2 * APART_PX + 1)
    rows, columns = np.nonzero(is_peak & (strength >= LEAST_CONTRAST))
    half = WINDOW_PX // 2
    is_inside = (
        (rows >= half) & (rows <= dense.shape[0] - half)
        & (columns >= half) & (columns <= dense.shape[1] - half)
    )  # fmt: skip
    rows, columns = rows[is_inside], columns[is_inside]
    if not len(rows):
        return np.zeros((0, 2)), np.zeros(0), np.zeros(0, np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(dense, (WINDOW_PX, WINDOW_PX))
    squares = windows[rows - half, columns - half]
    is_varied = squares.std(axis=(1, 2)) >= LEAST_VARIATION
    places = np.stack([columns, rows], axis=1)[is_varied]
    return places, strength[rows, columns][is_varied], hashes_of(squares[is_varied])


# Hashes --------------------------------------------------------------------


def hashes_of(squares: np.ndarray) -> np.ndarray:
    """(n,) uint64 of squares (n, h, w): the signs of their lowest frequencies, row by row.

    Brighter, darker, stronger and weaker stain give the same hash; the mean has no bit.
    """
    waves = fft.dctn(squares, axes=(1, 2), norm="ortho")[:, :FREQUENCIES, :FREQUENCIES]
    return _packed(waves > 0)


def _packed(bits: np.ndarray) -> np.ndarray:
    """(n,) uint64 of bits (n, 8, 8); the first, of the mean, is left 0."""
    bits = bits.reshape(len(bits), FREQUENCIES**2).copy()
    bits[:, 0] = False
    return np.packbits(bits, axis=1).view(">u8").reshape(len(bits)).astype(np.uint64)


def turned(hashes: np.ndarray, turn: int) -> np.ndarray:
    """The hashes of the same squares turned: bit 0 of turn mirrors x, bit 1 y, bit 2 swaps both.

    Mirroring a square only changes the sign of its odd frequencies.
    """
    as_bytes = np.ascontiguousarray(hashes).astype(">u8").view(np.uint8)
    bits = np.unpackbits(as_bytes).reshape(-1, FREQUENCIES, FREQUENCIES).astype(bool)
    odd = np.arange(FREQUENCIES) % 2 == 1
    if turn & 1:
        bits = bits ^ odd[None, None, :]
    if turn & 2:
        bits = bits ^ odd[None, :, None]
    return _packed(bits.transpose(0, 2, 1) if turn & 4 else bits)


def turned_places(places_um: np.ndarray, turn: int) -> np.ndarray:
    """Where places lie after the same turn, about the origin."""
    places = places_um * np.array([-1 if turn & 1 else 1, -1 if turn & 2 else 1], np.float32)
    return places[:, ::-1] if turn & 4 else places
