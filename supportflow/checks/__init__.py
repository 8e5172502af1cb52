"""`supportflow check`: what is wrong with this installation and how to mend it. Leaves nothing changed."""

from supportflow.checks.configuration import configuration, dangers, valkey
from supportflow.checks.data import condition, database
from supportflow.checks.findings import Finding
from supportflow.checks.machine import clocks, disk, files
from supportflow.checks.mail import mail
from supportflow.checks.work import standing

__all__ = ["Finding", "condition", "configuration", "database", "examine", "files"]


def examine(*, thorough: bool = False) -> list[Finding]:
    """Every finding, good ones too, in the order in which a person would mend them.

    thorough -- read all of an SQLite database, however large it is
    """
    found = [*configuration(), *dangers(), *database()]
    if not any(finding.is_wrong and finding.subject in {"database", "migrations"} for finding in found):
        found += [*condition(thorough=thorough), *standing()]
    return [*found, *valkey(), *disk(), files(), *clocks(), *mail()]
