"""Filings that were frozen before what they say was kept for the search: each gets it from its latest revision."""

from typing import Any

from django.db import migrations
from django.db.models import F

from filings import texts

A_BATCH = 500


def fill(apps: Any, schema_editor: Any) -> None:
    revision, text = apps.get_model("filings", "Revision"), apps.get_model("filings", "FilingText")
    models = {name: apps.get_model("accounts", name.title()) for name in ("platform", "unit", "account")}
    latest = revision.objects.filter(number=F("filing__revision"), filing__text__isnull=True)
    keys = list(latest.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), A_BATCH):
        rows = list(revision.objects.filter(pk__in=keys[start : start + A_BATCH]).values_list("filing", "content"))
        names = texts.Names.of([content for _, content in rows], **models)
        text.objects.bulk_create(text(filing_id=pk, text=texts.said(content, names)) for pk, content in rows)


class Migration(migrations.Migration):
    dependencies = [("filings", "0004_paper"), ("accounts", "0007_custodians")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
