"""What stands against opening a study, and what its makers should know before they do."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from predictions.models import Prediction
from predictions.release_diff import ENOUGH_PATIENTS
from predictions.review import worklist
from predictions.review.models import Review, Study, StudySlide
from slides.drawing import name_of
from slides.models import Slide
from slides.roles import is_reader
from training.models import Stage

MOST_NAMED = 5


def hurdles_of(study: Study) -> list[str]:
    """Why a study cannot be opened, in plain words; nothing where it can."""
    slides = _slides_of(study)
    told = [
        _without_slides(slides),
        _too_few_readers(study),
        *_unfit_people(study),
        _not_ready(slides),
        _read_elsewhere(study),
    ]
    ready = [slide for slide in slides if slide.is_ready]
    readings = readings_of(ready)
    told.append(_without_reading(study, ready, readings))
    told.append(_of_several_versions(readings))
    return [words for words in told if words]


def cautions_of(study: Study) -> list[str]:
    """What makes a study say less than it seems to."""
    slides = _slides_of(study)
    told = [
        _few_patients(slides),
        _known_to_readers(study),
        _seen_in_training(slides),
        _without_truth(study),
        _without_adjudicator(study),
    ]
    return [words for words in told if words]


def readings_of(slides: Sequence[Slide]) -> dict[int, Prediction | None]:
    """The reading of each slide that is reviewed, as worklist.reading_of tells it of one."""
    by_slide: dict[int, list[Prediction]] = {slide.pk: [] for slide in slides}
    done = Prediction.objects.filter(slide__in=slides, status=Prediction.Status.DONE)
    done = done.exclude(version__stage=Stage.ARCHIVED).select_related("version", "slide")
    for row in done.live_first():
        by_slide[row.slide_id].append(row)
    return {pk: worklist.most_fit(rows) for pk, rows in by_slide.items()}


def _slides_of(study: Study) -> list[Slide]:
    return list(Slide.objects.filter(pk__in=study.slides.values("slide")).order_by("name"))


def named(names: Iterable[Any]) -> str:
    """Some names, and how many there are beyond them."""
    listed = sorted(str(name) for name in names)
    more = len(listed) - MOST_NAMED
    words = ", ".join(listed[:MOST_NAMED])
    return _("%(names)s and %(n)s more") % {"names": words, "n": more} if more > 0 else words


# Hurdles ---------------------------------------------------------------------------------


def _without_slides(slides: Sequence[Slide]) -> str:
    return "" if slides else _("The study has no slides.")


def _too_few_readers(study: Study) -> str:
    count = study.readers.count()
    if count >= study.readings:
        return ""
    words = _("%(readings)s readings of each slide need as many readers; there are %(count)s.")
    return words % {"readings": study.readings, "count": count}


def _unfit_people(study: Study) -> list[str]:
    people = [*study.readers.all(), *filter(None, [study.adjudicator])]
    words = _("%(name)s cannot read: the account is closed or has no role.")
    return [
        words % {"name": name_of(one)} for one in people if not (one.is_active and is_reader(one))
    ]


def _not_ready(slides: Sequence[Slide]) -> str:
    waiting = [slide.name for slide in slides if not slide.is_ready]
    return _("Not ready to be read: %(names)s.") % {"names": named(waiting)} if waiting else ""


def _read_elsewhere(study: Study) -> str:
    """The same eyes on the same slide in two studies at once spoil both."""
    others = Study.objects.filter(state=Study.State.OPEN, readers__in=study.readers.all())
    own = study.slides.values("slide")
    shared = StudySlide.objects.filter(study__in=others, slide__in=own).select_related("study")
    names = {one.study.name for one in shared[:50]}
    if not names:
        return ""
    words = _(
        "Readers of this study read the same slides in %(names)s, which is open. Close it first."
    )
    return words % {"names": named(names)}


def _without_reading(
    study: Study, slides: Sequence[Slide], readings: dict[int, Prediction | None]
) -> str:
    missing = [slide.name for slide in slides if readings[slide.pk] is None]
    if not (study.is_unaided_first and missing):
        return ""
    words = _(
        "No version has read %(names)s: there would be nothing to reveal. Have them read first."
    )
    return words % {"names": named(missing)}


def _of_several_versions(readings: dict[int, Prediction | None]) -> str:
    versions = {str(one.version) for one in readings.values() if one}
    if len(versions) < 2:
        return ""
    words = _(
        "The slides were read by several versions (%(names)s). Have all read by the same one."
    )
    return words % {"names": named(versions)}


# Cautions --------------------------------------------------------------------------------


def _few_patients(slides: Sequence[Slide]) -> str:
    count = len({slide.patient for slide in slides})
    if count >= ENOUGH_PATIENTS:
        return ""
    return ngettext(
        "%(count)s patient: under six no difference is called one.",
        "%(count)s patients: under six no difference is called one.",
        count,
    ) % {"count": count}


def _known_to_readers(study: Study) -> str:
    signed = Review.objects.filter(
        reader__in=study.readers.all(),
        slide__in=study.slides.values("slide"),
        signed_at__isnull=False,
    ).exclude(item__study=study)
    count = signed.values("reader", "slide").distinct().count()
    if not count:
        return ""
    return ngettext(
        "%(count)s reading is of a slide that its reader signed before: memory helps.",
        "%(count)s readings are of slides that their readers signed before: memory helps.",
        count,
    ) % {"count": count}


def _seen_in_training(slides: Sequence[Slide]) -> str:
    readings = readings_of(slides).values()
    count = sum(one is not None and one.exposure != Prediction.Exposure.UNSEEN for one in readings)
    if not count:
        return ""
    return ngettext(
        "%(count)s slide was seen in training by the version that reads it: it flatters the model.",
        "%(count)s slides were seen in training by the version that reads them: it flatters the "
        "model.",
        count,
    ) % {"count": count}


def _without_truth(study: Study) -> str:
    judged = study.slides.filter(
        Q(answer__gt="")
        | Exists(Slide.objects.filter(pk=OuterRef("slide"), annotations__isnull=False))
    )
    count = study.slides.count() - judged.count()
    if not count or study.adjudicator:
        return ""
    return ngettext(
        "%(count)s slide has no truth: it says nothing of right and wrong.",
        "%(count)s slides have no truth: they say nothing of right and wrong.",
        count,
    ) % {"count": count}


def _without_adjudicator(study: Study) -> str:
    if study.readings == 1 or study.adjudicator:
        return ""
    return _("Nobody decides where the two readers disagree.")
