"""The lesions of a reading as rows that readers judge."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from predictions.kept_maps import load_map
from predictions.map_files import StoredMap
from predictions.models import Prediction
from predictions.origin import NotPredicted
from predictions.review.found import found_in, highest_within
from predictions.review.models import Candidate, Verdict
from predictions.review.weighing import Said, disagreement, uncertainty

AT_ONCE = 500


def candidates_of(prediction: Prediction) -> list[Candidate]:
    """The findings of a done reading, the surest first; rows are made the first time.

    They are of its present map and threshold: rows of an earlier map stay for who judged them.
    Raises NotPredicted where the map is gone or was changed.
    """
    known = list(_of(prediction))
    if known and not _are_outdated(known, prediction):
        return known
    if not (known or prediction.tumour_count):
        return []
    with transaction.atomic():
        if known:
            _of(prediction).delete()
        # somebody else may be making the very same rows
        Candidate.objects.bulk_create(
            _rows(prediction, load_map(prediction)), AT_ONCE, ignore_conflicts=True
        )
    return list(_of(prediction))


def _of(prediction: Prediction) -> QuerySet[Candidate]:
    return Candidate.objects.filter(
        prediction=prediction, map_sha256=prediction.map_sha256, threshold=prediction.threshold
    ).order_by("number")


def _are_outdated(known: Sequence[Candidate], prediction: Prediction) -> bool:
    """True where the slide's um per px is another now and nobody has judged any of them yet."""
    mpp = prediction.slide.mpp
    cell_um = None if mpp is None else prediction.side_l0 * mpp
    if known[0].uncertainty_um == cell_um:
        return False
    return not Verdict.objects.filter(candidate__in=[one.pk for one in known]).exists()


def _rows(prediction: Prediction, stored: StoredMap) -> list[Candidate]:
    slide, threshold = prediction.slide, prediction.threshold
    found = found_in(
        stored.probabilities,
        threshold,
        side_l0=stored.grid.side_l0,
        mpp=slide.mpp,
        size_l0=(slide.width, slide.height),
    )
    return [
        Candidate(
            prediction=prediction,
            map_sha256=prediction.map_sha256,
            threshold=threshold,
            number=number,
            uncertainty=uncertainty(Said(one.confidence, threshold)),
            **vars(one),
        )
        for number, one in enumerate(found, start=1)
    ]


def compare(candidates: Sequence[Candidate], others: Sequence[Prediction]) -> None:
    """Note on each finding how far other versions are from it, at its very place.

    A version whose map cannot be read, or did not assess the place, says nothing.
    """
    maps = [(other, stored) for other in others if (stored := _map_of(other))]
    changed = []
    for one in candidates:
        told = [
            Said(score, other.threshold)
            for other, stored in maps
            if (score := _score_at(stored, one)) is not None
        ]
        apart = disagreement(Said(one.confidence, one.threshold), told)
        if apart != one.disagreement:
            one.disagreement = apart
            changed.append(one)
    Candidate.objects.bulk_update(changed, ["disagreement"], AT_ONCE)


def _score_at(stored: StoredMap, candidate: Candidate) -> float | None:
    return highest_within(stored.probabilities, stored.grid.side_l0, candidate.box_l0)


def _map_of(prediction: Prediction) -> StoredMap | None:
    try:
        return load_map(prediction)
    except NotPredicted:
        return None
