from django.urls import URLPattern, path

from predictions.review import (
    alarm_views,
    desk_views,
    evidence_views,
    notice_views,
    review_views,
    work_views,
    worksheet_views,
)

urlpatterns: list[URLPattern] = [
    path("", work_views.worklist, name="worklist"),
    path("work/act/", work_views.work_act, name="work-act"),
    path("views/", work_views.view_save, name="view-save"),
    path("views/<int:pk>/forget/", work_views.view_forget, name="view-forget"),
    path("<int:pk>/", desk_views.review, name="review"),
    path("<int:pk>/crops/<slug:key>.jpg", desk_views.review_crop, name="review-crop"),
    path("<int:pk>/bundle.zip", evidence_views.review_bundle, name="review-bundle"),
    path("<int:pk>/evidence/", evidence_views.review_evidence, name="review-evidence"),
    path("work/<int:pk>/begin/", review_views.review_begin, name="review-begin"),
    path("patients/<int:pk>/", worksheet_views.worksheet, name="worksheet"),
    path("patients/<int:pk>/stage/", worksheet_views.worksheet_stage, name="worksheet-stage"),
    path("patients/<int:pk>/worksheet.json", worksheet_views.worksheet_json, name="worksheet-json"),
    path("patients/<int:pk>/worksheet.pdf", worksheet_views.worksheet_pdf, name="worksheet-pdf"),
    path("alarms/", alarm_views.alarm_list, name="alarm-list"),
    path("alarms/<int:pk>/answer/", alarm_views.alarm_answer, name="alarm-answer"),
    path("alarms/<int:pk>/crop.jpg", alarm_views.alarm_crop, name="alarm-crop"),
    path("look-backs/new/", alarm_views.look_back_new, name="look-back-new"),
    path("look-backs/state/", alarm_views.look_back_state, name="look-back-state"),
    path("look-backs/<int:pk>/cancel/", alarm_views.look_back_cancel, name="look-back-cancel"),
    path("notices/", notice_views.notice_list, name="notice-list"),
    path("notices/bell/", notice_views.notice_bell, name="notice-bell"),
    path("notices/read/", notice_views.notice_read_all, name="notice-read-all"),
    path("notices/<int:pk>/read/", notice_views.notice_read, name="notice-read"),
]
