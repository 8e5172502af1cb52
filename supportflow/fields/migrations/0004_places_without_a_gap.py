"""`position` was any rising number; now it is the place in the order, the retired behind those in use."""

from collections import Counter
from typing import Any

from django.db import migrations


def number(apps: Any, schema_editor: Any) -> None:
    field = apps.get_model("fields", "Field")
    places: Counter[str] = Counter()
    for row in field.objects.order_by("model", "is_retired", "position", "pk"):
        places[row.model] += 1
        field.objects.filter(pk=row.pk).update(position=places[row.model])


class Migration(migrations.Migration):
    dependencies = [("fields", "0003_retired_fields")]
    operations = [migrations.RunPython(number, migrations.RunPython.noop, elidable=True)]
