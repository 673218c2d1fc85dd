from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0004_fill_jobs")]
    operations = [
        migrations.AlterField(model_name="job", name="created_at", field=models.DateTimeField(verbose_name="提交时间")),
    ]
