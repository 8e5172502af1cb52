"""The real server over the test's site: `python -m tests.server.process PORT [WORKERS]`."""

import os
import sys

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.server.settings"
    django.setup()
    from supportflow.web import run

    run("127.0.0.1", int(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else None)
