from supportflow.settings import *  # noqa: F403

MIGRATION_MODULES = {"desk": "tests.faults.newer"}
