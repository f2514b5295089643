from importlib import import_module

from django.apps import apps

from predictions import services
from predictions.models import Prediction
from predictions.origin import prediction_key

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
