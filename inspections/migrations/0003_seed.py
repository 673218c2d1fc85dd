"""附件1 as shipped, and where incidents go; see `inspections/seeds.py`."""

from typing import Any

from django.db import migrations

from inspections import seeds


def fill(apps: Any, schema_editor: Any) -> None:
    seeds.seed(apps)


class Migration(migrations.Migration):
    dependencies = [("inspections", "0002_check")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
