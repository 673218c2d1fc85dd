"""Platforms and their aliases: `migrate` alone makes a working portal."""

from typing import Any

from django.db import migrations

from accounts.seeds import seed


def fill(apps: Any, schema_editor: Any) -> None:
    seed(apps)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
