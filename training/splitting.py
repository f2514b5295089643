"""Which side of the split each patient is on: training, validation and test, or folds.

Patients with and without tumour are drawn apart, so that no side lacks either; of many seeded
draws the one is taken that comes nearest to the shares asked for, in patches of both classes and
in what each scanner gives.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from training.manifest import FOLD, TEST, TRAINING, VALIDATION
from training.rules import Rules, SamplingError

DRAWS = 256
SCANNER_WEIGHT = 0.25  # beside the shares of both classes: scanners give way to them
KINDS = ("tumour", "normal")


@dataclass(frozen=True)
class Patient:
    """What a patient's slides give: patches of both classes, and from which scanners."""

    tumour: int
    normal: int
    scanners: frozenset[str] = frozenset()


def one_spelling(patient_of: Mapping[int, str]) -> dict[int, str]:
    """The patient of each slide; names that differ in case or outer blanks only are one."""
    spellings = {name.strip().casefold(): name for name in sorted(patient_of.values())}
    return {key: spellings[name.strip().casefold()] for key, name in patient_of.items()}


def loose_spelling(name: str) -> str:
    """What is left of a patient's name without accents, punctuation, zeros and order of words.

    "P-007", "p007" and "P 7" are one, "Lee, Ann" and "ann lee" too; "1-23" and "12-3" are not.
    """
    letters = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = sorted(re.findall(r"[^\W\d_]+", plain))
    numbers = [str(int(digits)) for digits in re.findall(r"\d+", plain)]
    return " ".join(["".join(words), *numbers]) if words or numbers else plain.strip()


def sides_of(rules: Rules) -> dict[str, float]:
    """The sides of the split and the share of patients each should have, the largest last."""
    rest = 1 - rules.test_share
    test = {TEST: rules.test_share} if rules.test_share else {}
    if rules.folds:
        return test | {f"{FOLD}{fold}": rest / rules.folds for fold in range(rules.folds)}
    return test | {VALIDATION: rules.validation_share, TRAINING: rest - rules.validation_share}


def split_patients(
    patients: Mapping[str, Patient], rules: Rules, kept: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The side of each patient; each is on one only.

    kept: sides that patients were on before and stay on, whatever is drawn for the others.
    Raises SamplingError if no draw leaves both classes on every side.
    """
    sides = sides_of(rules)
    names = sorted(patients)
    fixed = _fixed(names, list(sides), kept or {})
    _refuse_unsplittable(patients, sides)
    sizes = np.array([[patients[name].tumour, patients[name].normal] for name in names], float)
    scanners = _scanner_shares([patients[name] for name in names])
    rng = np.random.default_rng(rules.seed)
    best, least = None, np.inf
    for _ in range(DRAWS):
        drawn = _drawn(sizes[:, 0] > 0, list(sides.values()), rng)
        drawn = np.where(fixed >= 0, fixed, drawn)
        error = _error(sizes, scanners, drawn, list(sides.values()))
        if error < least:
            best, least = drawn, error
    if best is None:
        raise SamplingError(
            f"no split by patient leaves tumour and normal patches in {_listed(sides)}; add "
            f"patients (there are {len(patients)})",
            "no_split",
        )
    chosen = list(sides)
    return {name: chosen[side] for name, side in zip(names, best.tolist(), strict=True)}


def _fixed(names: list[str], sides: list[str], kept: Mapping[str, str]) -> np.ndarray:
    """The place among the sides that each patient stays on, -1 for the others."""
    known = {name.strip().casefold(): side for name, side in kept.items()}
    stay = [known.get(name.strip().casefold()) for name in names]
    if odd := sorted({side for side in stay if side is not None} - set(sides)):
        raise SamplingError(
            f"patients of the dataset that this one follows are in {', '.join(odd)}, which this "
            f"one has not ({', '.join(sides)}); ask for the same shares and folds",
            "other_sides",
        )
    return np.array([-1 if side is None else sides.index(side) for side in stay])


def _refuse_unsplittable(patients: Mapping[str, Patient], sides: Mapping[str, float]) -> None:
    if len(patients) < 2:
        raise SamplingError(
            "all patches are of one patient, so nothing could be held out; add another patient",
            "one_patient",
        )
    for kind in KINDS:
        owners = sorted(name for name, one in patients.items() if getattr(one, kind))
        if len(owners) < len(sides):
            who = f"only {owners[0]!r} has" if len(owners) == 1 else f"{len(owners)} patients have"
            raise SamplingError(
                f"{who} {kind} patches, too few for {_listed(sides)}, which need a patient each; "
                f"add patients with {kind} tissue, or ask for fewer parts",
                f"no_validation_{kind}",
            )


def _listed(sides: Mapping[str, float]) -> str:
    folds = sum(name.startswith(FOLD) for name in sides)
    others = [name for name in list(sides)[::-1] if not name.startswith(FOLD)]
    *first, last = [*others, f"{folds} folds"] if folds else others
    return f"{', '.join(first)} and {last}" if first else last


# One draw ------------------------------------------------------------------


def _drawn(has_tumour: np.ndarray, shares: list[float], rng: np.random.Generator) -> np.ndarray:
    """A side for each patient, drawn apart for those with and without tumour."""
    drawn = np.full(len(has_tumour), len(shares) - 1)
    for stratum in (np.flatnonzero(has_tumour), np.flatnonzero(~has_tumour)):
        if len(stratum) > 1:
            counts = _counts(len(stratum), shares)
            chosen = rng.choice(stratum, sum(counts[:-1]), replace=False)
            drawn[chosen] = np.repeat(np.arange(len(shares) - 1), counts[:-1])
    return drawn


def _counts(n: int, shares: list[float]) -> list[int]:
    """So many of n for each share; one each at least, the last sides first if there are few."""
    counts: list[int] = []
    for place, share in enumerate(shares[:-1]):
        left, later = n - sum(counts), len(shares) - 1 - place
        wanted = max(1, round(left * share / sum(shares[place:])))
        counts.append(max(0, min(wanted, left - later)))
    return [*counts, n - sum(counts)]


def _error(
    sizes: np.ndarray, scanners: np.ndarray, drawn: np.ndarray, shares: list[float]
) -> float:
    """How far a draw is from the shares; infinite where a side lacks a class."""
    is_on = drawn == np.arange(len(shares))[:, None]  # (sides, patients)
    found = is_on @ sizes
    if (found == 0).any():
        return np.inf
    wanted = np.array(shares)[:, None]
    error = np.abs(found / sizes.sum(axis=0) - wanted)[:-1].sum()
    if scanners.shape[1] > 1:
        apart = np.abs(is_on @ scanners - wanted)[:-1].mean(axis=1).sum()
        error += SCANNER_WEIGHT * apart
    return float(error)


def _scanner_shares(patients: list[Patient]) -> np.ndarray:
    """(patients, scanners): what part of a scanner's patients each one is; columns sum to 1."""
    names = sorted(set().union(*(patient.scanners for patient in patients)))
    is_of = np.array([[name in one.scanners for name in names] for one in patients], float)
    return is_of / np.maximum(is_of.sum(axis=0), 1) if names else np.zeros((len(patients), 0))
