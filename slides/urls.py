from django.urls import URLPattern, path

from slides import truth_views

urlpatterns: list[URLPattern] = [
    path("slides/<int:pk>/truth/", truth_views.truth_upload, name="truth-upload"),
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
        "slides/<int:pk>/truth/<int:revision>.tif",
        truth_views.truth_file,
        {"kind": "mask"},
        name="truth-mask",
    ),
]
