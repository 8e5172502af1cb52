"""SQLite's planner goes by the queries alone (core/planning.py): what it was told earlier is forgotten."""

from typing import Any

from django.db import migrations


def forget(_apps: Any, editor: Any) -> None:
    if editor.connection.vendor != "sqlite":
        return
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_schema WHERE name IN ('sqlite_stat1', 'sqlite_stat4')")
        told = [name for (name,) in cursor.fetchall()]
        for name in told:
            cursor.execute(f"DELETE FROM {name}")  # noqa: S608  one of the two
        if told:
            cursor.execute("ANALYZE sqlite_schema")  # makes this connection read them again


class Migration(migrations.Migration):
    dependencies = [("core", "0003_cache_table")]
    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
