from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("predictions", "0005_forget_second_reports")]

    operations = [
        migrations.AddConstraint(
            model_name="report",
            constraint=models.UniqueConstraint(
                condition=models.Q(("inputs_sha256", ""), _negated=True),
                fields=("inputs_sha256",),
                name="report_once",
            ),
        ),
    ]
