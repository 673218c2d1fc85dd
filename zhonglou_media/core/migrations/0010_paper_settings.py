"""Settings that came with attachments' limits; `seed` adds what is missing."""

from typing import Any

from django.db import migrations

from zhonglou_media.core.seeds import seed


def fill(apps: Any, schema_editor: Any) -> None:
    seed(apps)


class Migration(migrations.Migration):
    dependencies = [("core", "0009_event_verb")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
