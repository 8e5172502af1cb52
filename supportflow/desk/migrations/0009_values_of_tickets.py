"""The values of tickets' custom fields as rows with indexes. Triggers keep them in step, whoever writes a ticket.

A later migration that makes the table of tickets anew on SQLite has to make its triggers anew too.
"""

from typing import Any

from django.db import migrations, models

LONGEST = 500  # characters; an index of PostgreSQL has room for them
_VALUES_SQLITE = f"""
    INSERT INTO desk_ticketvalue (ticket_id, slug, key, number)
    SELECT {{ticket}}.id, held.key,
           CASE held.type WHEN 'text' THEN lower(substr(held.value, 1, {LONGEST}))
                WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE '' END,
           CASE WHEN held.type IN ('integer', 'real') THEN CAST(held.value AS real) END
    FROM {{source}}json_each({{ticket}}.custom) AS held
    WHERE typeof(held.key) = 'text' AND held.type IN ('text', 'true', 'false', 'integer', 'real')
"""
_INDEXES = [
    # Tickets with some value, or with a value at all
    "CREATE INDEX ticketvalue_by_key ON desk_ticketvalue (slug, key, ticket_id)",
    # Tickets with a number between two others
    "CREATE INDEX ticketvalue_by_number ON desk_ticketvalue (slug, number, ticket_id) WHERE number IS NOT NULL",
]
SQLITE = [
    """
    CREATE TABLE desk_ticketvalue (
        ticket_id bigint NOT NULL, slug varchar(40) NOT NULL, key text NOT NULL, number real NULL,
        PRIMARY KEY (ticket_id, slug)
    ) WITHOUT ROWID
    """,
    *_INDEXES,
    f"""
    CREATE TRIGGER desk_ticket_values_added AFTER INSERT ON desk_ticket WHEN new.custom <> '{{}}' BEGIN
        {_VALUES_SQLITE.format(ticket="new", source="")};
    END
    """,
    f"""
    CREATE TRIGGER desk_ticket_values_changed AFTER UPDATE OF custom ON desk_ticket WHEN new.custom <> old.custom BEGIN
        DELETE FROM desk_ticketvalue WHERE ticket_id = new.id;
        {_VALUES_SQLITE.format(ticket="new", source="")};
    END
    """,
    """
    CREATE TRIGGER desk_ticket_values_removed AFTER DELETE ON desk_ticket WHEN old.custom <> '{}' BEGIN
        DELETE FROM desk_ticketvalue WHERE ticket_id = old.id;
    END
    """,
    _VALUES_SQLITE.format(ticket="desk_ticket", source="desk_ticket, ") + " AND desk_ticket.custom <> '{}'",
]
_VALUES_POSTGRESQL = f"""
    INSERT INTO desk_ticketvalue (ticket_id, slug, key, number)
    SELECT {{ticket}}.id, held.key,
           CASE WHEN jsonb_typeof(held.value) <> 'number' THEN lower(left(held.value #>> '{{{{}}}}', {LONGEST})) ELSE '' END,
           CASE WHEN jsonb_typeof(held.value) = 'number'
                THEN greatest(least((held.value #>> '{{{{}}}}')::numeric, 1e300), -1e300)::double precision END
    FROM {{source}}jsonb_each(CASE jsonb_typeof({{ticket}}.custom) WHEN 'object' THEN {{ticket}}.custom END) AS held
    WHERE jsonb_typeof(held.value) IN ('string', 'boolean', 'number')
"""
POSTGRESQL = [
    # COLLATE "C": the beginning of a text is a range of the index.
    """
    CREATE TABLE desk_ticketvalue (
        ticket_id bigint NOT NULL, slug varchar(40) NOT NULL, key text COLLATE "C" NOT NULL, number double precision NULL,
        PRIMARY KEY (ticket_id, slug)
    )
    """,
    *_INDEXES,
    f"""
    CREATE FUNCTION desk_ticket_values() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            DELETE FROM desk_ticketvalue;
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            DELETE FROM desk_ticketvalue WHERE ticket_id = OLD.id;
        END IF;
        IF TG_OP <> 'DELETE' THEN
            {_VALUES_POSTGRESQL.format(ticket="NEW", source="")};
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER desk_ticket_values_added AFTER INSERT ON desk_ticket
    FOR EACH ROW WHEN (NEW.custom <> '{}') EXECUTE FUNCTION desk_ticket_values()
    """,
    """
    CREATE TRIGGER desk_ticket_values_changed AFTER UPDATE OF custom ON desk_ticket
    FOR EACH ROW WHEN (NEW.custom <> OLD.custom) EXECUTE FUNCTION desk_ticket_values()
    """,
    """
    CREATE TRIGGER desk_ticket_values_removed AFTER DELETE ON desk_ticket
    FOR EACH ROW WHEN (OLD.custom <> '{}') EXECUTE FUNCTION desk_ticket_values()
    """,
    """
    CREATE TRIGGER desk_ticket_values_truncated AFTER TRUNCATE ON desk_ticket
    FOR EACH STATEMENT EXECUTE FUNCTION desk_ticket_values()
    """,
    _VALUES_POSTGRESQL.format(ticket="desk_ticket", source="desk_ticket, ") + " AND desk_ticket.custom <> '{}'",
]


def keep(apps: Any, schema_editor: Any) -> None:
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("desk", "0008_drafts")]
    operations = [
        migrations.CreateModel(
            name="TicketValue",
            fields=[
                ("ticket_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("slug", models.CharField(max_length=40)),
                ("key", models.TextField()),
                ("number", models.FloatField(null=True)),
            ],
            options={"db_table": "desk_ticketvalue", "managed": False},
        ),
        migrations.RunPython(keep, elidable=False),
    ]
