import uuid

from django.db import migrations, models

KEY = {"default": uuid.uuid4, "help_text": "The sender's: kept once", "unique": True}


class Migration(migrations.Migration):
    dependencies = [("review", "0004_work_urgent_first")]

    operations = [
        migrations.AddField(model_name=name, name="key", field=models.UUIDField(**KEY))
        for name in ("pin", "remark")
    ]
