"""For tests that start parts of SupportFlow as processes of their own, on the data of this one."""

import os
import socket
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).parents[1]


def environment(**more: str) -> dict[str, str]:
    """The same data folder, key and (test) database; needs a test that commits: `transactional_db`."""
    own = {
        "SUPPORTFLOW_DATA": str(settings.DATA),
        "SUPPORTFLOW_SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": _database_url(),
    }
    outside = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    return outside | own | more


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _database_url() -> str:
    told = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{told['NAME']}"
    return f"postgres://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"
