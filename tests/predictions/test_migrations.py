from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from predictions import services
from predictions.models import Prediction, Report
from predictions.origin import prediction_key

forgetting = import_module("predictions.migrations.0005_forget_second_reports")
rekeying = import_module("predictions.migrations.0002_key_by_version")


def test_a_prediction_of_before_is_found_under_its_new_key(small_slide, make_version):
    slide, version = small_slide(), make_version()
    row = services.request_prediction(slide=slide, version=version)
    Prediction.objects.update(key=rekeying._key(row, slide.mpp, with_version=False))
    rekeying.forward(apps, None)
    assert Prediction.objects.get().key == prediction_key(slide, version, row.tissue_bar)
    assert services.request_prediction(slide=slide, version=version) == row
    rekeying.backward(apps, None)
    assert Prediction.objects.get().key == rekeying._key(row, slide.mpp, with_version=False)


@pytest.mark.django_db
def test_of_reports_of_the_same_inputs_the_newest_is_the_one_found():
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX report_once")
    for name, sha256 in [("older", "a"), ("other", "b"), ("newer", "a"), ("none", ""), ("nor", "")]:
        Report.objects.create(name=name, inputs_sha256=sha256)

    forgetting.forward(apps, None)

    found = dict(Report.objects.exclude(inputs_sha256="").values_list("name", "inputs_sha256"))
    assert found == {"other": "b", "newer": "a"}
    assert Report.objects.count() == 5
