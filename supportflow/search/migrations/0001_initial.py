"""The documents and the index over them. What is there already is indexed later, in the background (tasks.py)."""

from typing import Any

from django.db import migrations, models

# Words are cut, folded and put side by side with blanks by us (folding.py): `ascii` leaves them as they are.
SQLITE = [
    """
    CREATE VIRTUAL TABLE search_index USING fts5(
        title, body, content='search_document', content_rowid='id', tokenize='ascii'
    )
    """,
    """
    CREATE TRIGGER search_document_added AFTER INSERT ON search_document BEGIN
        INSERT INTO search_index (rowid, title, body) VALUES (new.id, new.title, new.body);
    END
    """,
    """
    CREATE TRIGGER search_document_removed AFTER DELETE ON search_document BEGIN
        INSERT INTO search_index (search_index, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
    END
    """,
    """
    CREATE TRIGGER search_document_changed AFTER UPDATE OF title, body ON search_document BEGIN
        INSERT INTO search_index (search_index, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
        INSERT INTO search_index (rowid, title, body) VALUES (new.id, new.title, new.body);
    END
    """,
]
# A word longer than any of ours keeps phrases from running from the title into the body, and is taken out again.
_GAP = "g" * 50
POSTGRESQL = [
    f"""
    ALTER TABLE search_document ADD COLUMN words tsvector GENERATED ALWAYS AS (
        ts_delete(
            setweight(to_tsvector('pg_catalog.simple', title), 'A')
            || setweight(to_tsvector('pg_catalog.simple', '{_GAP} ' || body), 'B'),
            '{_GAP}'
        )
    ) STORED
    """,
    # Without `fastupdate`: every search would read through the list of what waits to be put in.
    "CREATE INDEX document_words ON search_document USING gin (words) WITH (fastupdate = off)",
]


def index(apps: Any, schema_editor: Any) -> None:
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    initial = True
    dependencies: list[Any] = []
    operations = [
        migrations.CreateModel(
            name='Progress',
            fields=[
                ('kind', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('after', models.BigIntegerField(default=0)),
                ('is_done', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('kind', models.PositiveSmallIntegerField()),
                ('object_id', models.BigIntegerField()),
                ('ticket_id', models.BigIntegerField(null=True)),
                ('is_internal', models.BooleanField(default=False)),
                ('written_at', models.DateTimeField()),
                ('title', models.TextField()),
                ('body', models.TextField()),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ticket_id__isnull', False)), fields=['ticket_id'], name='document_of_ticket')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', [1, 2, 3, 4])), name='document_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='Word',
            fields=[
                ('word', models.CharField(max_length=24, primary_key=True, serialize=False)),
                ('backwards', models.CharField(max_length=24)),
            ],
            options={
                'indexes': [models.Index(fields=['backwards'], name='word_backwards', opclasses=['varchar_pattern_ops'])],
            },
        ),
        migrations.RunPython(index, elidable=False),
    ]
