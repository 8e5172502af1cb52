"""What this installation is made of, for whoever is asked to look after it."""

import platform
from dataclasses import dataclass

import django
from django.db import connection

import supportflow
from supportflow.core.backups import LastBackup, last_backup


@dataclass(frozen=True)
class Facts:
    supportflow: str
    python: str
    django: str
    database: str
    backup: LastBackup | None


def facts() -> Facts:
    version = ".".join(str(part) for part in connection.get_database_version())
    return Facts(
        supportflow.__version__,
        platform.python_version(),
        django.get_version(),
        f"{connection.display_name} {version}",
        last_backup(),
    )
