"""The command line: each module adds its commands to the group."""

from supportflow.cli import database, mail, people, running
from supportflow.cli.group import cli, main

__all__ = ["cli", "database", "mail", "main", "people", "running"]
