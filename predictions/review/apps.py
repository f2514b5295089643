from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ReviewConfig(AppConfig):
    name = "predictions.review"
    label = "review"

    def ready(self) -> None:
        from predictions.review import guard, receivers, row_guards  # noqa: F401, PLC0415 -- models

        guard.put_in()
        pre_migrate.connect(row_guards.lower_guards, sender=self)
        post_migrate.connect(row_guards.raise_guards, sender=self)
