from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("training", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="revisions",
            field=models.JSONField(
                blank=True,
                default=dict,
                editable=False,
                help_text="Truth revision of each slide",
            ),
        ),
        migrations.AddField(
            model_name="trainingrun",
            name="version_name",
            field=models.CharField(
                blank=True, help_text="Name of the version it will leave", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="trainingrun",
            name="augmentation",
            field=models.CharField(
                choices=[
                    ("dihedral", "the eight turns of a square"),
                    ("stain", "the eight turns, and stain strength"),
                    ("none", "none"),
                ],
                default="dihedral",
                max_length=8,
            ),
        ),
    ]
