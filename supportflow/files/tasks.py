from datetime import timedelta

from supportflow.files.operations import drop_loose_files, drop_stray_bytes
from supportflow.jobs import schedule, task


@task(max_attempts=3)
def clean_up_loose_files() -> None:
    drop_loose_files()


@task(max_attempts=3)
def clean_up_stray_bytes() -> None:
    drop_stray_bytes()


schedule("files.clean_up_loose_files", timedelta(hours=1), clean_up_loose_files)
schedule("files.clean_up_stray_bytes", timedelta(days=1), clean_up_stray_bytes)
