"""A report's plots as files, in the reader's language: PNG to paste, SVG to edit."""

from typing import Any

from django.utils.translation import gettext as _

from predictions import report_plots
from predictions.models import Report
from predictions.plot_looks import shortened
from slides.templatetags.words import rounded

KINDS = {"png": "image/png", "svg": "image/svg+xml"}
LONGEST_NAME = 60


class NoSuchPlot(ValueError):
    """The report has no curve of this name."""


def plot_of(report: Report, name: str) -> dict[str, Any]:
    """Raises NoSuchPlot."""
    plots = report_plots.plots_of(report)
    found = next((one for one in plots if one["id"] == name), None)
    if found is None:
        names = ", ".join(one["id"] for one in plots) or "none"
        raise NoSuchPlot(f"report {report.pk} has no plot {name!r}; it has: {names}")
    return found


def plot_file(report: Report, plot: dict[str, Any], kind: str) -> bytes:
    """kind: of KINDS. The same report gives the same bytes in the same language."""
    from predictions import plot_pictures

    notes = plot_pictures.Notes(number=tick, foot=_foot(report))
    return {"png": plot_pictures.png, "svg": plot_pictures.svg}[kind](plot, notes)


def tick(value: float) -> str:
    """A number at an axis, as the page writes it."""
    return rounded(value, 1 if value % 1 else 0)


def _foot(report: Report) -> str:
    """Where a picture is from, wherever it is pasted."""
    origin = _("%(name)s (report %(pk)s), inputs %(checksum)s") % {
        "name": shortened(report.name, LONGEST_NAME),
        "pk": report.pk,
        "checksum": report.inputs_sha256[:12],
    }
    said = [_("Synthetic: no patients")] if report.is_synthetic else []
    return origin + "\n" + ". ".join([*said, _("Not a medical device.")])
