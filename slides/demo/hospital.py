"""The hospital's list: which slides there are, whose they are, and what they should hold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MPP = 0.243  # Radboudumc's scanner in CAMELYON16
MIN_SIDE_PX = 1024

# What is asked of the tumour slides, in turn. The first development and the first test slide
# hold a macrometastasis, so that even a hospital of two slides has something to find.
DEVELOPMENT_LESIONS = (
    ("macro", "micro"),
    ("micro", "micro", "itc"),
    ("macro", "itc"),
    ("micro", "micro", "micro"),
    ("micro", "micro", "itc", "itc"),
)
TEST_LESIONS = (
    ("macro", "itc"),
    ("micro", "micro", "micro"),
    ("micro", "itc", "itc"),
)
HISTOTYPES = ("IDC", "IDC", "ILC")  # ductal: nests; lobular: smaller, loose cells


@dataclass(frozen=True)
class SlideOrder:
    """One slide to be painted. lesions: the sizes asked for; the node decides what fits."""

    name: str
    number: int
    subset: str
    patient: str
    width: int
    height: int
    seed: int
    lesions: tuple[str, ...] = ()
    histotype: str = "None"

    def random(self, purpose: str) -> np.random.Generator:
        """A generator of its own for each purpose, so that one step never disturbs another."""
        words = [self.seed, self.number, *purpose.encode()]
        return np.random.default_rng(words)


def hospital(*, slides: int = 16, seed: int = 2016, side: int = 12_000) -> list[SlideOrder]:
    """The orders of a hospital: five eighths for development, the rest for test.

    Tumour and normal slides take turns. No patient is in both subsets, and about one in four
    has two slides. side: the least width and height in px.
    Raises ValueError if slides < 2 or side < MIN_SIDE_PX.
    """
    if slides < 2:
        raise ValueError(f"a hospital needs a development and a test slide, got slides={slides}")
    if side < MIN_SIDE_PX:
        raise ValueError(f"a node needs {MIN_SIDE_PX} px a side at least, got side={side}")
    development = min(slides - 1, round(slides * 5 / 8))
    orders: list[SlideOrder] = []
    for subset, count in (("development", development), ("test", slides - development)):
        orders += _subset_orders(subset, count, seed=seed, side=side, first=len(orders))
    return orders


def _subset_orders(
    subset: str, count: int, *, seed: int, side: int, first: int
) -> list[SlideOrder]:
    wishes = DEVELOPMENT_LESIONS if subset == "development" else TEST_LESIONS
    patients = _patients(count, prefix="D" if subset == "development" else "T")
    orders = []
    for i in range(count):
        has_tumour = i % 2 == 0
        lesions = wishes[i // 2 % len(wishes)] if has_tumour else ()
        number = first + i
        width, height = _size(seed, number, side, is_wide="macro" in lesions)
        orders.append(
            SlideOrder(
                name=_name(subset, i, has_tumour=has_tumour),
                number=number,
                subset=subset,
                patient=patients[i],
                width=width,
                height=height,
                seed=seed,
                lesions=lesions,
                histotype=HISTOTYPES[i // 2 % len(HISTOTYPES)] if has_tumour else "None",
            )
        )
    return orders


def _name(subset: str, i: int, *, has_tumour: bool) -> str:
    if subset == "test":
        return f"test_{i + 1:03d}"
    return f"{'tumor' if has_tumour else 'normal'}_{i // 2 + 1:03d}"


def _patients(count: int, *, prefix: str) -> Sequence[str]:
    """Every fifth slide is a second node of the patient before it."""
    numbers = np.cumsum([i % 5 != 4 for i in range(count)])
    return [f"patient_{prefix}{number:02d}" for number in numbers]


def _size(seed: int, number: int, side: int, *, is_wide: bool) -> tuple[int, int]:
    """Odd sizes, so that no edge of a slide falls on a tile's or a patch's edge by luck.

    A slide with a macrometastasis is a sixth longer: its node must hold more than 2 mm.
    """
    rng = np.random.default_rng([seed, number, 0x517E])
    extra = rng.integers(0, max(2, side // 24), size=2)
    longer = side // 6 if is_wide else 0
    return int(side + longer + extra[0]), int(side + extra[1])
