from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        from training import file_removal  # noqa: F401, PLC0415 -- needs the models
