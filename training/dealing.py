"""Which fold a patient is in, whatever the zoom level.

A split by counts of patches would differ from level to level, and a level would then be judged on
other patients than the next. Here only patients, their tumour area and the seed decide.
"""

from collections.abc import Mapping

import numpy as np

FEWEST_FOLDS = 3  # one to test, one to choose the epoch and threshold by, one to learn from


class DealingError(ValueError):
    """Patients that cannot be dealt into folds."""

    code = "too_few_patients"


def deal(tumour_area: Mapping[str, float], *, folds: int, seed: int) -> dict[str, int]:
    """The fold, from 0, of each patient: each fold has its part of patients with tumour.

    tumour_area: of each patient's slides together, 0 for none. Patients with tumour are put in
    order of it and dealt in rounds, so that no fold gets all the large metastases; in each round
    folds take turns at random. Raises DealingError if a fold would have no tumour or no patient.
    """
    if folds < FEWEST_FOLDS:
        raise DealingError(
            f"folds must be {FEWEST_FOLDS} or more, got {folds}: one tests, one chooses the epoch "
            "and the threshold, the rest is learnt from"
        )
    with_tumour = sorted((p for p in tumour_area if tumour_area[p] > 0), key=tumour_area.get)
    without = sorted(patient for patient in tumour_area if tumour_area[patient] <= 0)
    if len(with_tumour) < folds:
        raise DealingError(
            f"{folds} folds need {folds} patients with tumour at least, there "
            f"{'is' if len(with_tumour) == 1 else 'are'} {len(with_tumour)}; take fewer folds, or "
            "add slides with outlined tumour"
        )
    rng = np.random.default_rng(seed)
    rng.shuffle(without)
    dealt: dict[str, int] = {}
    # Those without tumour from the other end, so that folds are of one size.
    for place, patient in enumerate([*with_tumour[::-1], *without]):
        if place % folds == 0:
            turn = rng.permutation(folds)
        dealt[patient] = int(turn[place % folds])
    return dealt
