"""`migrate` alone makes a working portal: the calendar, the settings, the chain's head, the cache table."""

from typing import Any

from django.core.management import call_command
from django.db import migrations

from zhonglou_media.core.seeds import seed


def fill(apps: Any, schema_editor: Any) -> None:
    seed(apps)


def make_cache_table(apps: Any, schema_editor: Any) -> None:
    # Named, so that it exists even when Redis serves the cache at first.
    call_command("createcachetable", "portal_cache", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(make_cache_table, migrations.RunPython.noop),
    ]
