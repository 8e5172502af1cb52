from django.db import migrations, models

from tests.faults.newer import LAST


class Migration(migrations.Migration):
    dependencies = [("desk", LAST)]
    operations = [
        migrations.AddField("ticket", "remark", models.CharField(max_length=100, null=True)),
        migrations.AddIndex("ticket", models.Index(fields=["remark"], name="ticket_remark")),
    ]
