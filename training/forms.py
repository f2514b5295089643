"""What the forms of training have in common."""

from typing import Any

from django import forms

from slides.models import Slide

LONGEST_ID = 18  # digits: what every database holds


class Styled(forms.Form):
    """Gives each input the class that the style sheets know."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            widget = field.widget
            if isinstance(widget, forms.Select):
                widget.attrs["class"] = "form-select"
            elif not isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
                widget.attrs["class"] = "form-control"

    def full_clean(self) -> None:
        """Check, then mark what is wrong: not before a form has set what may be chosen."""
        super().full_clean()
        for name in self._errors or ():
            if name in self.fields:
                attrs = self.fields[name].widget.attrs
                attrs["class"] = f"{attrs.get('class', '')} is-wrong".strip()

    def error_lines(self) -> list[str]:
        """What is wrong, a line per field: for a page that does not show the form again."""
        return [f"{self[field].label}: {' '.join(found)}" for field, found in self.errors.items()]


def learnable_slides() -> Any:
    """Ready development slides with a truth and a known pixel size."""
    ready = Slide.objects.ready().with_subset(Slide.Subset.DEVELOPMENT)
    return ready.filter(annotations__isnull=False, mpp__isnull=False).distinct()
