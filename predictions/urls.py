from django.urls import URLPattern, path

from predictions import map_views

urlpatterns: list[URLPattern] = [
    path("predictions/<int:pk>/map.png", map_views.prediction_map, name="prediction-map"),
    path("predictions/<int:pk>/truth.png", map_views.prediction_truth, name="prediction-truth"),
    path("predictions/<int:pk>/map.npz", map_views.prediction_npz, name="prediction-npz"),
    path("predictions/<int:pk>/mask.tif", map_views.prediction_mask, name="prediction-mask"),
    path("predictions/<int:pk>/cancel/", map_views.prediction_cancel, name="prediction-cancel"),
    path(
        "predictions/<int:pk>/evaluate/", map_views.prediction_evaluate, name="prediction-evaluate"
    ),
]
