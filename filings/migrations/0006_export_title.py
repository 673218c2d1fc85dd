"""The line above the heads of an export is part of its layout; those arranged before have none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("filings", "0005_filing_texts")]
    operations = [
        migrations.AddField(
            model_name="exportlayout",
            name="title",
            field=models.CharField(blank=True, default="", max_length=100, verbose_name="表头上面的一行"),
        ),
    ]
