"""The slides of one case with their truth and readings, to stand beside each other."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User

from predictions.models import Prediction
from predictions.reading import page_data
from slides import withheld
from slides.models import Annotation, Slide

MOST_SLIDES = 24  # of a patient; more makes no list to choose from


@dataclass
class CaseSlide:
    """One slide of a case: its latest truth, and its finished readings, the live one first."""

    slide: Slide
    truth: Annotation | None = None
    readings: list[Prediction] = field(default_factory=list)

    @property
    def truth_choice(self) -> str:
        return f"truth-{self.slide.pk}"

    @property
    def tissue_choice(self) -> str:
        return f"tissue-{self.slide.pk}"

    @property
    def choices(self) -> list[str]:
        """What a viewer can show of this slide, as addresses name it."""
        truth = [self.truth_choice] if self.truth else []
        return [*truth, *(str(reading.pk) for reading in self.readings), self.tissue_choice]


def case_of(slide: Slide, reader: User) -> list[CaseSlide]:
    """The slide itself, then the other ready slides of its patient by name."""
    others = Slide.objects.ready().filter(patient=slide.patient).exclude(pk=slide.pk)
    rows = [slide, *others.order_by("name", "pk")[: MOST_SLIDES - 1]]
    case = {row.pk: CaseSlide(row) for row in rows}
    truths = Annotation.objects.filter(slide__in=rows).defer("regions").order_by("revision")
    for truth in withheld.without_kept(truths, reader):
        case[truth.slide_id].truth = truth
    done = Prediction.objects.filter(slide__in=rows, status=Prediction.Status.DONE)
    done = withheld.without_kept(done, reader)
    for reading in done.select_related("version__run__dataset").live_first():
        case[reading.slide_id].readings.append(reading)
    return list(case.values())


def case_data(case: list[CaseSlide], reader: User) -> list[dict[str, Any]]:
    """What the scripts read of every slide of a case, as `page_data` gives it of one."""
    return [page_data(each.slide, each.truth, each.readings, reader) for each in case]


def chosen_sides(asked: dict[str, str], case: list[CaseSlide]) -> list[str]:
    """What each of two to four viewers shows, from an address's a, b, c and d.

    The word "truth" alone is this slide's own. What is unknown or absent falls back to the truth
    beside the newest reading; a third and a fourth viewer are there only if asked for.
    """
    own = case[0]
    known = {choice for each in case for choice in each.choices}
    fallback = dict(zip("ab", _usual_pair(own), strict=True))
    sides = []
    for name in "abcd":
        choice = asked.get(name, "")
        choice = own.truth_choice if choice == "truth" else choice
        sides.append(choice if choice in known else fallback.get(name, ""))
    return [choice for choice in sides if choice]


def _usual_pair(own: CaseSlide) -> tuple[str, str]:
    """Truth beside the newest reading; without truth the oldest; without readings bare tissue."""
    readings = [str(reading.pk) for reading in own.readings]
    first = own.truth_choice if own.truth else (readings or [own.tissue_choice])[-1]
    return first, (readings or [own.tissue_choice])[0]
