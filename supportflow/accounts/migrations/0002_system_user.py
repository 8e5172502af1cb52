"""The built-in user who stands for mail and portal as `created_by`."""

from typing import Any

from django.db import migrations


def make(apps: Any, schema_editor: Any) -> None:
    apps.get_model("accounts", "User").objects.create(
        email="system@supportflow.invalid", name="SupportFlow", role="SYSTEM", is_active=False, password="!"
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(make, elidable=False)]
