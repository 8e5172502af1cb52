"""The table of Django's database cache, which counts the limits on PostgreSQL where there is no Valkey."""

from typing import Any

from django.db import migrations


def make(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    # Counters are of use for an hour: unlogged, they cost no write-ahead log and are empty after a crash.
    schema_editor.execute(
        "CREATE UNLOGGED TABLE IF NOT EXISTS cache "
        "(cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL)"
    )
    schema_editor.execute("CREATE INDEX IF NOT EXISTS cache_expires ON cache (expires)")


class Migration(migrations.Migration):
    dependencies = [("core", "0002_append_only")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop, elidable=False)]
