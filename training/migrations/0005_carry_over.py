from django.db import migrations


def carry_over(apps, schema_editor):
    """What rows said in older words: one class or both, and how patches were labelled."""
    dataset = apps.get_model("training", "Dataset").objects
    dataset.filter(is_balanced=False).update(balance="none")
    dataset.filter(tumour_bar__gt=0).update(labelling="share")
    for version in apps.get_model("training", "ModelVersion").objects.select_related("run__dataset"):
        version.pooling = version.run.pooling
        version.tumour_bar = version.run.dataset.tumour_bar
        version.labelling = version.run.dataset.labelling
        version.save(update_fields=["pooling", "tumour_bar", "labelling"])


class Migration(migrations.Migration):
    dependencies = [("training", "0004_training_worth_trusting")]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
