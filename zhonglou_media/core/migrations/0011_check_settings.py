"""What the office decides of its month: the sample, the time to put right, the targets; see `core/seeds.py`."""

from typing import Any

from django.db import migrations

from zhonglou_media.core import seeds


def settings(apps: Any, schema_editor: Any) -> None:
    seeds.seed(apps)


class Migration(migrations.Migration):
    dependencies = [("core", "0010_paper_settings")]
    operations = [migrations.RunPython(settings, migrations.RunPython.noop)]
