"""The form that sets a study up."""

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from predictions.models import Prediction
from predictions.review.assigning import readers as possible_readers
from predictions.review.models import Conclusion
from predictions.review.studying import People, Rules
from slides.drawing import name_of
from slides.models import Annotation, Slide
from training.forms import Styled

MOST_SLIDES = 5000
TRUTHS = [
    ("", _("all")),
    ("known", _("with a truth")),
    ("tumour", _("with tumour marked")),
    ("normal", _("without tumour")),
]


class ReaderChoices(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class ReaderChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class StudyForm(Styled):
    name = forms.CharField(label=_("Name"), max_length=120)
    readings = forms.TypedChoiceField(
        label=_("Readings of each slide"),
        choices=[(1, _("one reader")), (2, _("two readers"))],
        coerce=int,
    )
    readers = ReaderChoices(
        label=_("Readers"),
        queryset=None,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Slides are dealt out among them by lot, evenly, a patient’s together."),
    )
    adjudicator = ReaderChoice(
        label=_("Adjudicator"),
        queryset=None,
        required=False,
        empty_label=_("none"),
        help_text=_("Decides after both of two readers have signed; reads no slide alone."),
    )
    is_unaided_first = forms.BooleanField(
        label=_("Unaided first"),
        required=False,
        help_text=_("Readers decide before the model’s findings are shown; both are recorded."),
    )
    is_blinded = forms.BooleanField(
        label=_("Blinded"),
        required=False,
        initial=True,
        help_text=_("Nobody sees another’s marks before the study is closed."),
    )
    words = forms.CharField(label=_("Slide or patient"), max_length=200, required=False)
    subset = forms.ChoiceField(
        label=_("Subset"), choices=[("", _("all")), *Slide.Subset.choices], required=False
    )
    truth = forms.ChoiceField(label=_("Truth"), choices=TRUTHS, required=False)
    is_read = forms.BooleanField(
        label=_("Only slides that a version has read"), required=False, initial=True
    )
    names = forms.CharField(
        label=_("Or exactly these slides"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One name a line. The filters above then do not count."),
    )
    sentinels = forms.CharField(
        label=_("Sentinels"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "One a line: name = negative, itc, micro or macro. Readers are told that there are "
            "some, not which."
        ),
    )
    seed = forms.IntegerField(
        label=_("Seed of the lot"), min_value=0, max_value=2**31 - 1, initial=0, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("readers", "adjudicator"):
            self.fields[name].queryset = possible_readers()

    def clean_sentinels(self) -> dict[str, str]:
        """Slide names with their answers."""
        answers = {}
        for line in filter(str.strip, self.cleaned_data["sentinels"].splitlines()):
            name, equals, answer = line.rpartition("=")
            answer = answer.strip().lower()
            if not equals or answer not in Conclusion.values:
                raise forms.ValidationError(
                    gettext("“%(line)s” is not of the form: name = micro.") % {"line": line[:80]}
                )
            answers[name.strip()] = answer
        return answers

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if "sentinels" in given:
            given["chosen"], given["answers"] = self._chosen(given)
        return given

    def _chosen(self, given: dict[str, Any]) -> tuple[list[Slide], dict[int, str]]:
        """The slides, sentinels among them, and the answers of these by number."""
        slides = {slide.pk: slide for slide in self._asked_for(given)[: MOST_SLIDES + 1]}
        known = self._named(given["sentinels"], "sentinels")
        slides |= {slide.pk: slide for slide in known}
        if len(slides) > MOST_SLIDES:
            words = gettext("More than %(n)s slides are too many for a study: filter further.")
            self.add_error(None, words % {"n": MOST_SLIDES})
        if not slides:
            self.add_error(None, gettext("No slide is like this. Take a filter away."))
        answers = {slide.pk: given["sentinels"][slide.name] for slide in known}
        return list(slides.values()), answers

    def _asked_for(self, given: dict[str, Any]) -> Any:
        names = [name.strip() for name in given.get("names", "").splitlines() if name.strip()]
        if names:
            return self._named(names, "names")
        return filtered_slides(
            words=given.get("words", ""),
            subset=given.get("subset", ""),
            truth=given.get("truth", ""),
            is_read=given.get("is_read", False),
        )

    def _named(self, names: Any, field: str) -> list[Slide]:
        found = list(Slide.objects.ready().filter(name__in=list(names)))
        missing = sorted(set(names) - {slide.name for slide in found})
        if missing:
            words = gettext("There is no ready slide called %(name)s.")
            self.add_error(field, words % {"name": missing[0][:80]})
        return found

    def asked(self) -> dict[str, Any]:
        """What studying.make is asked for."""
        given = self.cleaned_data
        rules = Rules(
            name=given["name"].strip(),
            readings=given["readings"],
            is_unaided_first=given["is_unaided_first"],
            is_blinded=given["is_blinded"],
            seed=given["seed"] or 0,
        )
        return {
            "rules": rules,
            "people": People(list(given["readers"]), given["adjudicator"]),
            "slides": given["chosen"],
            "sentinels": given["answers"],
        }


def filtered_slides(
    *, words: str = "", subset: str = "", truth: str = "", is_read: bool = False
) -> QuerySet[Slide]:
    """Ready slides by filters; an empty one counts for nothing."""
    rows = Slide.objects.ready().order_by("name", "pk")
    if words.strip():
        named = Q(name__icontains=words.strip()) | Q(patient__icontains=words.strip())
        rows = rows.filter(named)
    if subset:
        rows = rows.filter(subset=subset)
    if is_read:
        done = Prediction.objects.filter(slide=OuterRef("pk"), status=Prediction.Status.DONE)
        rows = rows.filter(Exists(done))
    return rows.filter(_of_truth(truth)) if truth else rows


def _of_truth(truth: str) -> Q:
    revisions = Annotation.objects.filter(slide=OuterRef("pk"))
    later = Annotation.objects.filter(slide=OuterRef("slide"), revision__gt=OuterRef("revision"))
    latest = revisions.filter(~Exists(later))
    return {
        "known": Q(Exists(revisions)),
        "tumour": Q(Exists(latest.filter(tumour_area_px__gt=0))),
        "normal": Q(Exists(latest.filter(tumour_area_px=0))),
    }[truth]
