import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("slides", "0002_roles"),
    ]

    operations = [
        migrations.AddField(
            model_name="slide",
            name="duplicate_of",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="slides.slide",
            ),
        ),
    ]
