"""What of a PostgreSQL schema is SupportFlow's, and what others have put beside it or on top of it."""

from supportflow.keeping import CannotKeep, schema
from supportflow.moving.ends import End
from supportflow.moving.tables import all_tables

FUNCTIONS = {"core_activity_append_only", "desk_ticket_values"}  # that migrations make; triggers call them
TABLES = {"cache", "django_migrations", "desk_ticketvalue"}  # that no model describes, or that triggers fill
NOT_OF_AN_EXTENSION = (
    "NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = {0}.oid AND classid = '{0}'::regclass AND deptype = 'e')"
)


def tables_in(end: End, name: str) -> list[str]:
    found = end.run(
        "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relkind IN ('r', 'p') AND "  # noqa: S608  texts of ours
        f"{NOT_OF_AN_EXTENSION.format('pg_class')} ORDER BY relname",
        (f'"{name}"',),
    )
    return [table for [table] in found]


def functions_in(end: End, name: str) -> dict[str, str]:
    """By their names and arguments, as ALTER FUNCTION wants them; the bare names."""
    found = end.run(
        "SELECT oid::regprocedure::text, proname FROM pg_proc WHERE pronamespace = to_regnamespace(%s) AND "  # noqa: S608  texts of ours
        f"{NOT_OF_AN_EXTENSION.format('pg_proc')}",
        (f'"{name}"',),
    )
    return dict(found)


def our_tables(end: End, name: str) -> list[str]:
    names = schema.applied(end)
    known = {table.name for table in (*all_tables(), *schema.tables_of(names))} | TABLES
    later = _of_later_versions(names)
    return [table for table in tables_in(end, name) if table in known or table.startswith(later)]


def our_functions(end: End, name: str) -> list[str]:
    later = _of_later_versions(schema.applied(end))
    found = functions_in(end, name).items()
    return [signature for signature, bare in found if bare in FUNCTIONS or bare.startswith(later)]


def _of_later_versions(names: list[str]) -> tuple[str, ...]:
    """How their tables begin, which only they know by name."""
    return tuple({f"{name.partition('.')[0]}_" for name in schema.newer_than_ours(names)})


def carry(end: End, tables: list[str], functions: list[str], source: str, target: str) -> None:
    """Tables go with their indexes and sequences."""
    for table in tables:
        end.run(f'ALTER TABLE "{source}"."{table}" SET SCHEMA "{target}"')
    for function in functions:
        end.run(f'ALTER FUNCTION {function} SET SCHEMA "{target}"')


def refuse_dependents(end: End) -> None:
    """They would go on looking at the old tables when a copy takes their place."""
    [[live]] = end.run("SELECT current_schema()")
    if found := dependents(end, our_tables(end, live), live):
        raise CannotKeep(
            f"Others have built on SupportFlow's tables: {', '.join(found)}. Remove that first, keep how it was made, "
            "and make it anew afterwards."
        )


def dependents(end: End, tables: list[str], name: str) -> list[str]:
    """Views, rules, triggers, foreign keys, policies, publications that are not ours; "view reports.tickets"."""
    found = end.run(DEPENDENTS, (f'"{name}"', tables, sorted(FUNCTIONS)))
    return [told for [told] in found]


DEPENDENTS = """
WITH ours AS (
  SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relname = ANY(%s) AND relkind IN ('r', 'p')
)
SELECT DISTINCT replace(pg_describe_object(found.classid, found.objid, 0), 'rule _RETURN on ', '')
FROM pg_depend AS found
LEFT JOIN pg_constraint ON found.classid = 'pg_constraint'::regclass AND pg_constraint.oid = found.objid
LEFT JOIN pg_trigger ON found.classid = 'pg_trigger'::regclass AND pg_trigger.oid = found.objid
LEFT JOIN pg_proc ON pg_proc.oid = tgfoid
WHERE refclassid = 'pg_class'::regclass AND refobjid IN (SELECT oid FROM ours) AND CASE found.classid
  WHEN 'pg_constraint'::regclass THEN conrelid NOT IN (SELECT oid FROM ours)
  WHEN 'pg_trigger'::regclass THEN NOT tgisinternal AND proname <> ALL(%s)
  WHEN 'pg_class'::regclass THEN found.deptype = 'n'
  ELSE found.classid IN (
    'pg_rewrite'::regclass, 'pg_proc'::regclass, 'pg_policy'::regclass, 'pg_publication_rel'::regclass
  )
END
ORDER BY 1
"""


def pass_on_grants(end: End, source: str, target: str) -> None:
    """What others may do with the tables of one schema, they may do with those of the same names in the other."""
    for [statement] in end.run(GRANTS, (target, f'"{source}"', f'"{target}"')):
        end.run(statement)


GRANTS = """
SELECT format(
  'GRANT %%s%%s ON %%s%%I.%%I TO %%s%%s', privilege_type, ' (' || quote_ident(attname) || ')',
  CASE relkind WHEN 'S' THEN 'SEQUENCE ' END, %s::text, relname,
  CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
  CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END
)
FROM (
  SELECT relname, relkind, relowner, relnamespace, NULL::name AS attname, relacl AS acl FROM pg_class
  UNION ALL
  SELECT relname, relkind, relowner, relnamespace, attname, attacl FROM pg_class JOIN pg_attribute ON attrelid = oid
) AS old, aclexplode(acl)
WHERE relnamespace = to_regnamespace(%s) AND relkind IN ('r', 'p', 'S') AND grantee <> relowner AND EXISTS (
  SELECT 1 FROM pg_class AS new WHERE new.relname = old.relname AND new.relkind = old.relkind
  AND new.relnamespace = to_regnamespace(%s) AND (old.attname IS NULL OR EXISTS (
    SELECT 1 FROM pg_attribute WHERE attrelid = new.oid AND pg_attribute.attname = old.attname
  ))
)
"""
