from django.urls import URLPattern, path

from predictions import (
    gate_views,
    map_views,
    outside_views,
    reading_views,
    release_views,
    report_views,
    version_views,
    views,
)

urlpatterns: list[URLPattern] = [
    path("", reading_views.slides, name="home"),
    path("slides/", reading_views.slides, name="slide-list"),
    path("slides/<int:pk>/", reading_views.slide, name="slide"),
    path("compare/", reading_views.compare, name="compare"),
    path("predictions/", views.prediction_list, name="prediction-list"),
    path("predictions/new/", views.prediction_new, name="prediction-new"),
    path("predictions/<int:pk>/", views.prediction, name="prediction"),
    path("predictions/<int:pk>/state/", views.prediction_state, name="prediction-state"),
    path("predictions/<int:pk>/map.png", map_views.prediction_map, name="prediction-map"),
    path("predictions/<int:pk>/truth.png", map_views.prediction_truth, name="prediction-truth"),
    path("predictions/<int:pk>/map.npz", map_views.prediction_npz, name="prediction-npz"),
    path("predictions/<int:pk>/mask.tif", map_views.prediction_mask, name="prediction-mask"),
    path("predictions/<int:pk>/cancel/", map_views.prediction_cancel, name="prediction-cancel"),
    path(
        "predictions/<int:pk>/evaluate/", map_views.prediction_evaluate, name="prediction-evaluate"
    ),
    path("training/versions/<int:pk>/", version_views.version, name="version"),
    path(
        "training/versions/<int:pk>/evaluate/",
        version_views.version_evaluate,
        name="version-evaluate",
    ),
    path(
        "training/versions/side-by-side/",
        gate_views.version_side_by_side,
        name="version-side-by-side",
    ),
    path("training/versions/roll-back/", gate_views.version_rollback, name="version-rollback"),
    path("training/versions/<int:pk>/gate/", gate_views.gate_new, name="gate-new"),
    path("training/versions/<int:pk>/promote/", gate_views.version_promote, name="version-promote"),
    path("training/gate/<int:pk>/", gate_views.gate_run, name="gate-run"),
    path("training/gate/<int:pk>/state/", gate_views.gate_run_state, name="gate-run-state"),
    path("reports/", report_views.report_list, name="report-list"),
    path("reports/new/", report_views.report_new, name="report-new"),
    path("reports/<int:pk>/", report_views.report, name="report"),
    path("reports/<int:pk>/state/", report_views.report_state, name="report-state"),
    path("reports/<int:pk>/again/", report_views.report_again, name="report-again"),
    path("reports/<int:pk>/report.json", report_views.report_json, name="report-json"),
    path("reports/<int:pk>/figures.csv", report_views.report_figures_csv, name="report-figures"),
    path("reports/<int:pk>/slides.csv", report_views.report_slides_csv, name="report-slides"),
    path("reports/<int:pk>/pairs.csv", release_views.report_pairs_csv, name="report-pairs"),
    path("reports/<int:pk>/changes.csv", release_views.report_changes_csv, name="report-changes"),
    path(
        "reports/<int:pk>/changes/<int:place>.jpg", release_views.report_crop, name="report-crop"
    ),
    path("training/versions/outside/", outside_views.outside_new, name="outside-new"),
    path(
        "training/versions/<int:pk>/results.zip",
        outside_views.version_results,
        name="version-results",
    ),
    path("jobs/", views.job_list, name="job-list"),
    path("jobs/<slug:kind>/<int:pk>/<slug:act>/", views.job_act, name="job-act"),
]
