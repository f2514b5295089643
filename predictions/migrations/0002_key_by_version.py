"""A prediction's key names its version: two versions of the same weights keep a row each."""

import hashlib
import json

from django.db import migrations


def _key(prediction, slide_mpp, *, with_version):
    version = prediction.version
    facts = {
        "slide": prediction.slide.sha256,
        "slide_mpp": slide_mpp,
        "weights": version.weights_sha256,
        "mpp": version.mpp,
        "patch_px": version.patch_px,
        "tissue_bar": prediction.tissue_bar,
    }
    if with_version:
        facts["version"] = version.pk
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _rekey(apps, is_forward):
    predictions = apps.get_model("predictions", "Prediction").objects
    for prediction in list(predictions.select_related("slide", "version")):
        for mpp in {prediction.slide.mpp, prediction.provenance.get("slide_mpp")}:
            old, new = (
                _key(prediction, mpp, with_version=is_with)
                for is_with in (not is_forward, is_forward)
            )
            if prediction.key == old and not predictions.filter(key=new).exists():
                predictions.filter(pk=prediction.pk).update(key=new)


def forward(apps, schema_editor):
    _rekey(apps, True)


def backward(apps, schema_editor):
    _rekey(apps, False)


class Migration(migrations.Migration):
    dependencies = [("predictions", "0001_initial")]
    operations = [migrations.RunPython(forward, backward)]
