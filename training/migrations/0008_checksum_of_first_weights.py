from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("training", "0007_imports_and_onnx")]

    operations = [
        migrations.AddField(
            model_name="trainingrun",
            name="weights_sha256",
            field=models.CharField(
                blank=True,
                help_text="Checksum that a local weights file must have, if it is known",
                max_length=64,
            ),
        ),
    ]
