"""Why something cannot be trained on."""

from typing import Any

from slides.jobs import Reason

LARGEST_SEED = 2**31 - 1  # of an integer column on every database


class NotTrainable(Reason):
    """These settings, slides or files cannot be trained on."""

    code = "not_trainable"


def read_elsewhere(version: Any, deed: str) -> str:
    """Why a version without weights cannot do what only a network can."""
    return (
        f"{version} was read elsewhere and came as maps: there are no weights here to {deed}. "
        "Choose a version that was trained or taken in here"
    )
