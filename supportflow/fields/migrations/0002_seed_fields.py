"""The three custom fields of contacts that are there from the start; an admin relabels them."""

from typing import Any

from django.db import migrations


def make(apps: Any, schema_editor: Any) -> None:
    field = apps.get_model("fields", "Field")
    for place in (1, 2, 3):
        field.objects.create(
            model="contact", slug=f"custom_{place}", label=f"Custom field {place}", kind="text", position=place
        )


class Migration(migrations.Migration):
    dependencies = [("fields", "0001_initial")]
    operations = [migrations.RunPython(make, elidable=False)]
