from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0008_life_settings")]

    operations = [
        migrations.AddIndex("event", models.Index(fields=["verb", "seq"], name="event_verb")),
    ]
