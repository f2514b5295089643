from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("training", "0005_carry_over")]

    operations = [migrations.RemoveField(model_name="dataset", name="is_balanced")]
