from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ReviewConfig(AppConfig):
    name = "predictions.review"
    label = "review"

    def ready(self) -> None:
        from predictions.review import (  # noqa: PLC0415 -- models
            guard,
            job_kinds,
            receivers,  # noqa: F401
            row_guards,
        )

        guard.put_in()
        job_kinds.put_in()
        pre_migrate.connect(row_guards.lower_guards, sender=self)
        post_migrate.connect(row_guards.raise_guards, sender=self)
