from django.urls import URLPattern, path

from training import calibration_views, run_views, views

urlpatterns: list[URLPattern] = [
    path("datasets/", views.dataset_list, name="dataset-list"),
    path("datasets/new/", views.dataset_new, name="dataset-new"),
    path("datasets/<int:pk>/", views.dataset, name="dataset"),
    path("datasets/<int:pk>/state/", views.dataset_state, name="dataset-state"),
    path("runs/", run_views.run_list, name="run-list"),
    path("runs/new/", run_views.run_new, name="run-new"),
    path("runs/<int:pk>/", run_views.run, name="run"),
    path("runs/<int:pk>/state/", run_views.run_state, name="run-state"),
    path("runs/<int:pk>/patches/<int:place>.jpg", run_views.run_patch, name="run-patch"),
    path("versions/", views.version_list, name="version-list"),
    path("versions/<int:pk>/display/", views.version_display, name="version-display"),
    path(
        "versions/<int:pk>/calibrate/",
        calibration_views.version_calibrate,
        name="version-calibrate",
    ),
    path(
        "versions/<int:pk>/calibration.csv",
        calibration_views.version_calibration_csv,
        name="version-calibration-csv",
    ),
    path(
        "versions/<int:pk>/calibration.json",
        calibration_views.version_calibration_json,
        name="version-calibration-json",
    ),
]
