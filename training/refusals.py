"""Why something cannot be trained on."""

from slides.jobs import Reason

LARGEST_SEED = 2**31 - 1  # of an integer column on every database


class NotTrainable(Reason):
    """These settings, slides or files cannot be trained on."""

    code = "not_trainable"
