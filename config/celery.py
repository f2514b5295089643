"""The Celery application. Messages only nudge a worker: the job row is the truth."""

import os

from celery import Celery

import config.spool

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

config.spool.register()

app = Celery("sentinode")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
