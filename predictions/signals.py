"""What others are told when it has happened. Rows are the truth; a signal is only a nudge."""

from django.dispatch import Signal

# A slide was read and its map stored. Sent on commit, with `prediction`.
prediction_done = Signal()
