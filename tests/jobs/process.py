"""A worker process of its own, with the jobs alone: `python -m tests.jobs.process DATABASE [LEASE] [TICK]`."""

import json
import signal
import sys
from datetime import timedelta

import django
from django.conf import settings


def main(database: str, lease: str = "30", tick: str = "") -> None:
    settings.configure(
        DATABASES={"default": json.loads(database)},
        INSTALLED_APPS=["supportflow.jobs"],
        TASKS={"default": {"BACKEND": "supportflow.jobs.backend.DatabaseBackend"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        LOGGING_CONFIG="supportflow.core.logs.configure",
        LOGGING={"format": "json"},
        USE_TZ=True,
        VALKEY_URL="",
    )
    django.setup()
    from supportflow.jobs.worker import Worker
    from tests.jobs import some_tasks

    if tick:
        some_tasks.schedule_ticks(timedelta(seconds=float(tick)))
    worker = Worker(threads=2, lease=float(lease))
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    sys.stdout.write(f"{worker.name}\n")
    sys.stdout.flush()
    sys.exit(0 if worker.run(grace=20) else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
