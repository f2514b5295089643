from django.urls import URLPattern, path

from predictions.review import review_views, worksheet_views

urlpatterns: list[URLPattern] = [
    path("work/<int:pk>/begin/", review_views.review_begin, name="review-begin"),
    path("patients/<int:pk>/", worksheet_views.worksheet, name="worksheet"),
    path("patients/<int:pk>/stage/", worksheet_views.worksheet_stage, name="worksheet-stage"),
    path("patients/<int:pk>/worksheet.json", worksheet_views.worksheet_json, name="worksheet-json"),
    path("patients/<int:pk>/worksheet.pdf", worksheet_views.worksheet_pdf, name="worksheet-pdf"),
]
