from django.db import migrations, models

from tests.keeping.later.migrations import LAST


def change(apps, schema_editor):
    apps.get_model("desk", "Ticket").objects.update(subject="Spoiled", remark="by a migration")
    apps.get_model("desk", "Comment").objects.filter(pk__gt=3).update(body="Spoiled")


class Migration(migrations.Migration):
    dependencies = [("desk", LAST)]
    operations = [
        migrations.AddField("ticket", "remark", models.CharField(max_length=100, null=True)),
        migrations.RunPython(change),
    ]
