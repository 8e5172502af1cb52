"""What others keep in our PostgreSQL schema, or have built on our tables, is theirs: named, and never destroyed."""

import signal
from pathlib import Path

import psycopg
import pytest

from tests.keeping.houses import House
from tests.keeping.test_upgrade import NEXT_VERSION

pytestmark = pytest.mark.postgres
READER = "keeping_reader"


def change(house: House, *statements: str) -> None:
    with psycopg.connect(house.url, autocommit=True) as server:
        for statement in statements:
            server.execute(statement.encode())


def kept_in(told: str) -> str:
    return told.partition("the schema ")[2].partition(" ")[0]


def with_neighbours(house: House) -> None:
    change(
        house,
        f"DO $$ BEGIN CREATE ROLE {READER}; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        "CREATE TABLE bi_targets (id serial PRIMARY KEY, month text)",
        "INSERT INTO bi_targets (month) VALUES ('November')",
        "CREATE VIEW bi_months AS SELECT month FROM bi_targets",
        "CREATE FUNCTION bi_double(number int) RETURNS int LANGUAGE sql AS 'SELECT 2 * number'",
        f"GRANT SELECT ON desk_ticket TO {READER}",
        f"GRANT SELECT (id, email) ON accounts_user TO {READER} WITH GRANT OPTION",
    )


def theirs(house: House) -> list[tuple[object, ...]]:
    return house.ask(
        "SELECT (SELECT string_agg(month, ',') FROM public.bi_months), public.bi_double(2), "
        f"has_table_privilege('{READER}', 'public.desk_ticket', 'SELECT'), "
        f"has_table_privilege('{READER}', 'public.desk_ticket', 'INSERT'), "
        f"has_column_privilege('{READER}', 'public.accounts_user', 'email', 'SELECT WITH GRANT OPTION'), "
        f"has_column_privilege('{READER}', 'public.accounts_user', 'password', 'SELECT')"
    )


def test_a_failed_upgrade_leaves_what_is_not_ours(lived_in: House) -> None:
    with_neighbours(lived_in)
    before = lived_in.rows()
    failed = lived_in.run("upgrade", **NEXT_VERSION, SPOIL="fail")
    assert "The data of before is back" in failed.error
    assert theirs(lived_in) == [("November", 4, True, False, True, False)]
    assert lived_in.rows() == before
    kept = kept_in(failed.error)
    assert lived_in.ask(f"SELECT count(*) FROM {kept}.desk_ticket") == [(11,)]


def test_a_restore_leaves_what_is_not_ours(lived_in: House, archive: Path) -> None:
    with_neighbours(lived_in)
    lived_in.must("migrate", **NEXT_VERSION)  # with columns, and in later apps tables, that this version does not know
    change(lived_in, "CREATE TABLE desk_novelty (id int)")
    kept = kept_in(lived_in.must("restore", archive, "--yes"))
    assert theirs(lived_in) == [("November", 4, True, False, True, False)]
    assert lived_in.ask(f"SELECT DISTINCT remark FROM {kept}.desk_ticket") == [("by a migration",)]
    assert lived_in.ask(f"SELECT count(*) FROM {kept}.desk_novelty") == [(0,)]
    assert "Nothing to do" in lived_in.must("migrate")


BUILT_ON = {
    "view reports.tickets": "CREATE SCHEMA reports CREATE VIEW tickets AS SELECT id FROM public.desk_ticket",
    "constraint bi_ticket_fkey on table bi": "CREATE TABLE bi "
    "(ticket bigint CONSTRAINT bi_ticket_fkey REFERENCES desk_ticket)",
    "trigger bi_note on table desk_ticket": "CREATE FUNCTION bi_note() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RETURN NEW; END'; "
    "CREATE TRIGGER bi_note BEFORE INSERT ON desk_ticket FOR EACH ROW EXECUTE FUNCTION bi_note()",
    "table desk_ticket in publication bi": "CREATE PUBLICATION bi FOR TABLE desk_ticket",
    "table bi_child": "CREATE TABLE bi_child () INHERITS (tags_tag)",
}


def test_what_is_built_on_our_tables_is_named_before_anything_changes(lived_in: House, archive: Path) -> None:
    change(lived_in, *BUILT_ON.values())
    before = lived_in.rows()
    for command in (["upgrade"], ["upgrade", "--plan"], ["restore", str(archive), "--yes"]):
        refused = lived_in.run(*command, **NEXT_VERSION)
        assert refused.code == 1
        for name in BUILT_ON:
            assert name in refused.error, command
    assert lived_in.rows() == before
    assert not (lived_in.folder / "backups").exists()


def test_every_host_knows_of_a_killed_upgrade_and_nothing_of_others_is_lost(lived_in: House, tmp_path: Path) -> None:
    before = lived_in.rows()
    killed = lived_in.run("upgrade:compare", "upgrade", module="tests.keeping.killed", **NEXT_VERSION)
    assert killed.code == -signal.SIGKILL
    other = House(tmp_path / "other-host", lived_in.url)
    other.folder.mkdir()
    for command in (["migrate"], ["demo"], ["serve", "--port", "0", "--data", str(other.folder)]):
        refused = other.run(*command, **NEXT_VERSION)
        assert refused.code == 1
        assert "Run `supportflow upgrade`" in refused.error
    change(
        lived_in, "UPDATE desk_ticket SET subject = 'Written meanwhile' WHERE id = 1"
    )  # by a version without manners
    told = other.must("upgrade")
    assert "the data of before is back" in told
    assert lived_in.rows() == before
    assert lived_in.ask(f"SELECT subject FROM {kept_in(told)}.desk_ticket WHERE id = 1") == [("Written meanwhile",)]
    for house in (lived_in, other):
        assert "Nothing to do" in house.must("upgrade")
        assert "Nothing to do" in house.must("migrate")


def test_no_host_begins_while_another_is_at_it(lived_in: House, tmp_path: Path) -> None:
    other = House(tmp_path / "other-host", lived_in.url)
    other.folder.mkdir()
    with psycopg.connect(lived_in.url) as another:
        another.execute("SELECT pg_advisory_xact_lock(1398104140, 1)")
        for command in ("migrate", "upgrade"):
            refused = other.run(command, **NEXT_VERSION)
            assert (refused.code, "is under way" in refused.error) == (1, True)
    other.must("migrate")


def test_the_functions_of_our_migrations_are_known_by_name(template: House) -> None:
    from supportflow.keeping.ours import FUNCTIONS

    found = template.ask("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1")
    assert [name for [name] in found] == sorted(FUNCTIONS)
