"""Fails when told to by SPOIL=fail, waits for its end when told SPOIL=wait, and breaks the ticket list with SPOIL=list."""

import os
import time
from pathlib import Path

from django.db import migrations


def spoil(apps, schema_editor):
    match os.environ.get("SPOIL", ""):
        case "fail":
            schema_editor.execute("INSERT INTO no_such_table VALUES (1)")
        case "wait":
            Path(os.environ["SPOIL_FILE"]).touch()
            time.sleep(60)
        case "list":
            schema_editor.execute("ALTER TABLE desk_ticket RENAME COLUMN priority TO urgency")
        case "other":
            apps.get_model("tags", "Tag").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("desk", "9998_changes_much"), ("tags", "0001_initial")]
    operations = [migrations.RunPython(spoil)]
