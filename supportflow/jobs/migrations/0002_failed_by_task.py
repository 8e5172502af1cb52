from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]

    operations = [
        migrations.RemoveIndex(model_name="job", name="job_failed"),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(condition=models.Q(("status", "FAILED")), fields=["-id", "task"], name="job_failed"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("status", "FAILED")), fields=["task", "-id"], name="job_failed_of_task"
            ),
        ),
    ]
