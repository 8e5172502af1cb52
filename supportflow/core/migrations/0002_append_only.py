"""The audit trail refuses updates and deletes in the database itself, but for a declared purge (core/purging.py)."""

from typing import Any

from django.db import migrations

SQLITE = [
    f"""
    CREATE TRIGGER core_activity_no_{verb} BEFORE {verb} ON core_activity
    WHEN NOT EXISTS (SELECT 1 FROM core_purgepermit)
    BEGIN SELECT RAISE(ABORT, 'activities are append-only'); END
    """
    for verb in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    """
    CREATE FUNCTION core_activity_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF coalesce(current_setting('supportflow.purge', true), '') = '' THEN
            RAISE EXCEPTION 'activities are append-only' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; ELSIF TG_OP = 'UPDATE' THEN RETURN NEW; END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER core_activity_no_change BEFORE UPDATE OR DELETE ON core_activity
    FOR EACH ROW EXECUTE FUNCTION core_activity_append_only()
    """,
    """
    CREATE TRIGGER core_activity_no_truncate BEFORE TRUNCATE ON core_activity
    FOR EACH STATEMENT EXECUTE FUNCTION core_activity_append_only()
    """,
]


def guard(apps: Any, schema_editor: Any) -> None:
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunPython(guard, elidable=False)]
