from django.urls import URLPattern, path

from training import (
    calibration_views,
    correction_views,
    dataset_views,
    experiment_views,
    mining_views,
    run_views,
    version_views,
    views,
)

urlpatterns: list[URLPattern] = [
    path("datasets/", dataset_views.dataset_list, name="dataset-list"),
    path("datasets/new/", dataset_views.dataset_new, name="dataset-new"),
    path("datasets/<int:pk>/", dataset_views.dataset, name="dataset"),
    path("datasets/<int:pk>/state/", dataset_views.dataset_state, name="dataset-state"),
    path("datasets/<int:pk>/freeze/", dataset_views.dataset_freeze, name="dataset-freeze"),
    path("datasets/<int:pk>/preview/", dataset_views.dataset_preview, name="dataset-preview"),
    path(
        "datasets/<int:pk>/patches/<int:place>.jpg",
        dataset_views.dataset_sample,
        name="dataset-sample",
    ),
    path(
        "datasets/<int:pk>/leaks/<int:place>/<int:side>.jpg",
        dataset_views.dataset_leak,
        name="dataset-leak",
    ),
    path("runs/", run_views.run_list, name="run-list"),
    path("runs/new/", run_views.run_new, name="run-new"),
    path("runs/<int:pk>/", run_views.run, name="run"),
    path("runs/<int:pk>/state/", run_views.run_state, name="run-state"),
    path("runs/<int:pk>/patches/<int:place>.jpg", run_views.run_patch, name="run-patch"),
    path("experiments/", experiment_views.experiment_list, name="experiment-list"),
    path("experiments/new/<slug:kind>/", experiment_views.experiment_new, name="experiment-new"),
    path("experiments/<int:pk>/", experiment_views.experiment, name="experiment"),
    path("experiments/<int:pk>/state/", experiment_views.experiment_state, name="experiment-state"),
    path("experiments/<int:pk>/train/", experiment_views.experiment_train, name="experiment-train"),
    path(
        "experiments/<int:pk>/table.md",
        experiment_views.experiment_markdown,
        name="experiment-markdown",
    ),
    path("experiments/<int:pk>/table.csv", experiment_views.experiment_csv, name="experiment-csv"),
    path("versions/", version_views.version_list, name="version-list"),
    path("versions/import/", version_views.version_import_new, name="version-import-new"),
    path("imports/<int:pk>/", version_views.version_import, name="version-import"),
    path(
        "imports/<int:pk>/state/", version_views.version_import_state, name="version-import-state"
    ),
    path("versions/<int:pk>/stage/", version_views.version_stage, name="version-stage"),
    path("versions/<int:pk>/card/", version_views.version_card_edit, name="version-card-edit"),
    path("versions/<int:pk>/card.md", version_views.version_card_md, name="version-card-md"),
    path("versions/<int:pk>/card.json", version_views.version_card_json, name="version-card-json"),
    path("versions/<int:pk>/bundle/", version_views.version_bundle, name="version-bundle"),
    path("versions/<int:pk>/onnx/", version_views.version_onnx, name="version-onnx"),
    path(
        "versions/<int:pk>/onnx/state/",
        version_views.version_onnx_state,
        name="version-onnx-state",
    ),
    path("versions/<int:pk>/display/", views.version_display, name="version-display"),
    path("minings/", mining_views.mining_list, name="mining-list"),
    path("minings/<int:pk>/", mining_views.mining, name="mining"),
    path("minings/<int:pk>/state/", mining_views.mining_state, name="mining-state"),
    path(
        "minings/<int:pk>/patches/<int:place>.jpeg", mining_views.mining_patch, name="mining-patch"
    ),
    path("versions/<int:pk>/mine/", mining_views.version_mine, name="version-mine"),
    path(
        "versions/<int:pk>/corrections/",
        correction_views.version_corrections,
        name="version-corrections",
    ),
    path("versions/<int:pk>/retrain/", correction_views.version_retrain, name="version-retrain"),
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
