from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "predictions.review"
    label = "review"

    def ready(self) -> None:
        from predictions.review import guard, receivers  # noqa: F401, PLC0415 -- needs the models

        guard.put_in()
