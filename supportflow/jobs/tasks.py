from supportflow.jobs.declaring import task
from supportflow.jobs.operations import purge_done
from supportflow.jobs.schedules import every


@every(days=1)
@task(max_attempts=3)
def purge_done_jobs() -> None:
    purge_done()
