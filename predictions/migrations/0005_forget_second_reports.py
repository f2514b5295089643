from django.db import migrations


def forward(apps, schema_editor):
    """Of reports made twice of the same inputs the newest, which is the one found, keeps its sum."""
    reports = apps.get_model("predictions", "Report").objects.exclude(inputs_sha256="")
    seen = set()
    for pk, sha256 in reports.order_by("-pk").values_list("pk", "inputs_sha256"):
        if sha256 in seen:
            reports.filter(pk=pk).update(inputs_sha256="")
        seen.add(sha256)


class Migration(migrations.Migration):

    dependencies = [("predictions", "0004_report")]

    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
