import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0006_report_once"),
        ("training", "0009_read_elsewhere"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MapImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        db_index=True,
                        default="queued",
                        max_length=9,
                    ),
                ),
                ("attempt", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "lost_count",
                    models.PositiveIntegerField(
                        default=0, editable=False, help_text="Workers that died at this job"
                    ),
                ),
                ("done_count", models.PositiveBigIntegerField(default=0, editable=False)),
                ("total_count", models.PositiveBigIntegerField(default=0, editable=False)),
                (
                    "rate",
                    models.FloatField(default=0.0, editable=False, help_text="Units per second"),
                ),
                (
                    "queued_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("started_at", models.DateTimeField(editable=False, null=True)),
                ("heartbeat_at", models.DateTimeField(editable=False, null=True)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                ("cancel_requested", models.BooleanField(default=False, editable=False)),
                ("reason", models.CharField(blank=True, editable=False, max_length=40)),
                ("error", models.TextField(blank=True, editable=False)),
                ("filename", models.CharField(max_length=255)),
                ("bytes", models.PositiveBigIntegerField(default=0)),
                ("terms", models.JSONField(default=dict, help_text="What was said of the maps")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="map_imports",
                        to="training.modelversion",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
    ]
