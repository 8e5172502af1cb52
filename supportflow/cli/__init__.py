"""The command line: each module adds its commands to the group."""

from supportflow.cli import database, keeping, load, mail, moving, people, running, search
from supportflow.cli.group import cli, main

__all__ = ["cli", "database", "keeping", "load", "mail", "main", "moving", "people", "running", "search"]
