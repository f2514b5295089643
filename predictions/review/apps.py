from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "predictions.review"
    label = "review"
