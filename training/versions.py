"""What can be done with a model version once it is there."""

from typing import Any

from training.display import checked_display
from training.models import ModelVersion


def set_display(version: ModelVersion, display: Any) -> ModelVersion:
    """Make a look the default of all that the version has read. Raises ValueError if it is none."""
    version.display = checked_display(display)
    version.save(update_fields=["display"])
    return version
