from django.urls import URLPattern, path

from slides import audit_views, pending_views, tile_views, truth_views, upload_views, views

urlpatterns: list[URLPattern] = [
    path("audit/", audit_views.audit_log, name="audit-log"),
    path("audit/verify/", audit_views.audit_verify, name="audit-verify"),
    path("audit/events.csv", audit_views.audit_csv, name="audit-csv"),
    path("slides/upload/", views.slide_upload, name="slide-upload"),
    path("slides/<int:pk>/status/", views.slide_status, name="slide-status"),
    path("slides/<int:pk>/mpp/", views.slide_mpp, name="slide-mpp"),
    path("slides/<int:pk>/node/", views.slide_node, name="slide-node"),
    path("slides/<int:pk>/delete/", views.slide_delete, name="slide-delete"),
    path("uploads/", upload_views.upload_create, name="upload-create"),
    path("uploads/<uuid:uuid>/", upload_views.upload, name="upload"),
    path("slides/<int:pk>.dzi", tile_views.slide_dzi, name="slide-dzi"),
    path(
        "slides/<int:pk>_files/<int:level>/<int:column>_<int:row>.jpeg",
        tile_views.slide_tile,
        name="slide-tile",
    ),
    path("slides/<int:pk>/thumbnail.jpeg", tile_views.slide_thumbnail, name="slide-thumbnail"),
    path("slides/<int:pk>/tissue.png", tile_views.slide_tissue, name="slide-tissue"),
    path("slides/<int:pk>/truth/", truth_views.truth_upload, name="truth-upload"),
    path("slides/<int:pk>/truth/pending/", pending_views.pending_list, name="truth-pending-list"),
    path(
        "slides/<int:pk>/truth/pending/<int:pending_pk>/",
        pending_views.pending,
        name="truth-pending",
    ),
    path(
        "slides/<int:pk>/truth/pending/<int:pending_pk>/outlines.geojson",
        pending_views.pending_outlines,
        name="truth-pending-outlines",
    ),
    path(
        "slides/<int:pk>/truth/<int:revision>.geojson",
        truth_views.truth_geojson,
        name="truth-geojson",
    ),
    path(
        "slides/<int:pk>/truth/<int:revision>.xml",
        truth_views.truth_file,
        {"kind": "xml"},
        name="truth-xml",
    ),
    path(
        "slides/<int:pk>/truth/<int:revision>.ncrf.json",
        truth_views.truth_file,
        {"kind": "ncrf"},
        name="truth-ncrf",
    ),
    path(
        "slides/<int:pk>/truth/<int:revision>/labels.tif",
        truth_views.truth_label_mask,
        name="truth-label-mask",
    ),
    path(
        "slides/<int:pk>/truth/<int:revision>.tif",
        truth_views.truth_file,
        {"kind": "mask"},
        name="truth-mask",
    ),
]
