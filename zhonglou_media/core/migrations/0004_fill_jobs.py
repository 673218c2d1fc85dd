"""Jobs of before get their state and time; settings that are new get their first value."""

from typing import Any

from django.db import migrations
from django.db.models import F

from zhonglou_media.core.seeds import seed


def fill(apps: Any, schema_editor: Any) -> None:
    job = apps.get_model("core", "Job")
    job.objects.update(created_at=F("started_at"), state="done")
    job.objects.exclude(error="").update(state="failed")
    seed(apps)


class Migration(migrations.Migration):
    dependencies = [("core", "0003_jobs")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
