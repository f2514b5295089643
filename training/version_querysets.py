"""Which versions, in which order."""

from django.db import models

from training.choices import READ_ELSEWHERE, Stage


class VersionQuerySet(models.QuerySet):
    def live(self) -> "VersionQuerySet":
        return self.filter(stage=Stage.LIVE)

    def with_weights(self) -> "VersionQuerySet":
        """Networks that can be used here, not what was read elsewhere."""
        return self.exclude(architecture=READ_ELSEWHERE)

    def live_first(self) -> "VersionQuerySet":
        """As they are offered: the live one, then the others by age, archived ones last."""
        rank = models.Case(
            models.When(stage=Stage.LIVE, then=0), models.When(stage=Stage.ARCHIVED, then=2),
            default=1,
        )  # fmt: skip
        return self.order_by(rank, "-pk")
