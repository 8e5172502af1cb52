"""Reads through the replica's door for each line on stdin; answers which server it was and what it counted."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportflow.settings")


def main() -> None:
    django.setup()

    from django.db import close_old_connections

    from supportflow.checks.data import postgresql
    from supportflow.core import replica
    from supportflow.crm.models import Contact

    replica.TRUSTED_FOR, replica.SHUNNED_FOR = 0.1, 0.2
    for line in sys.stdin:
        close_old_connections()  # as between two requests
        if line.strip() == "trust":
            replica.TRUSTED_FOR = 3600.0
        if line.strip() == "check":
            answer = " ".join(str(finding) for finding in postgresql() if finding.subject == "replica")
        elif line.strip() == "read":
            answer = replica.read(lambda alias: f"{alias} {Contact.objects.using(alias).count()}")
        else:
            alias = replica.for_reading()
            answer = f"{alias} {Contact.objects.using(alias).count()}"
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
