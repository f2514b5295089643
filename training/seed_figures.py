"""The figures of the work that Sentinode began as, to lay beside an experiment's.

Read from the authors' slides and notebook (22 slides of CAMELYON16, InceptionV3). They are of
validation patches that chose the epoch, mostly of the slides that were learnt from, and have no
interval. Where a count is missing nobody published it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class SeedRow:
    """One zoom level. mpps: um per px, as CAMELYON16's levels are. n: validation patches."""

    level: str
    mpps: tuple[float, ...]
    auc: float
    recall: float | None = None
    precision: float | None = None
    n: int | None = None
    caveat: str = ""


IS_ACCURACY = "this is the accuracy of its confusion matrix, printed as AUC"
COUNTS_SHIFTED = "its patch counts cannot be right as printed"

SEED_ROWS = (
    SeedRow("1", (0.486,), 0.9598, recall=0.9465, precision=0.9760, n=2464, caveat=IS_ACCURACY),
    SeedRow("2", (0.972,), 0.8624, recall=0.5213, precision=0.8814, n=1440),
    SeedRow("3", (1.944,), 0.8607, caveat=COUNTS_SHIFTED),
    SeedRow("4", (3.888,), 0.7413, caveat=COUNTS_SHIFTED),
    SeedRow("3+4+5", (1.944, 3.888, 7.776), 0.7245, caveat=COUNTS_SHIFTED),
)
CAVEATS = (
    "No result for level 0 was published.",
    "No normal slide was ever seen, and the patches are of slides that were learnt from.",
    "The kept weights were those of the epoch with the lowest validation AUC.",
)


def beside(mpps: list[float]) -> SeedRow | None:
    """The seed's row at these um per px, if it has one."""
    rounded = tuple(round(mpp, 3) for mpp in sorted(mpps))
    return next((row for row in SEED_ROWS if row.mpps == rounded), None)
