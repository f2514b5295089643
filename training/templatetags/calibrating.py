"""Parts of a version's page that this app brings along."""

from typing import Any

from django import template

from training import scored
from training.calibrating import terms_of
from training.calibration_forms import CalibrationForm
from training.models import ModelVersion

register = template.Library()


@register.inclusion_tag("training/_calibration.html", takes_context=True)
def calibration_of(context: Any, version: ModelVersion) -> dict[str, Any]:
    """Operating point, reliability and, for admins, the form that chooses them anew."""
    path = version.weights_path
    return {
        "version": version,
        "metrics": version.metrics,
        "calibration": version.calibration,
        "operating_figures": [
            version.metrics.get(name) for name in ("false_positive_rate", "recall", "precision")
        ],
        "form": CalibrationForm.of(terms_of(version)),
        "has_dataset": version.source_run is not None,
        "has_scores": path is not None and scored.beside(path).is_file(),
        "user": context["user"],
        "csrf_token": context.get("csrf_token"),
    }
