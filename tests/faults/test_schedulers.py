"""Workers that nobody meant to start: each has a scheduler."""

from functools import partial
from pathlib import Path

from tests.faults.away import Away
from tests.faults.conftest import Open
from tests.faults.invariants import Books, check, settle
from tests.house.processes import ROOT, Running, wait_until

TOO_MANY = 2


def has_started(worker: Running) -> bool:
    return any("worker.started" in line for line in worker.lines)


def test_workers_started_by_mistake_do_nothing_twice(
    open_house: Open, away: Away, books: Books, tmp_path: Path
) -> None:
    """Every schedule of a new database is due at once: all workers see that in the same moment."""
    outside = open_house(data=tmp_path / "data")
    command = [str(Path(ROOT, "bin", "supportflow")), "worker"]
    extra = [Running(command, ROOT, **{**outside.house.values, "SMTP_LISTEN": ""}) for _ in range(TOO_MANY)]
    try:
        for worker in extra:
            wait_until(partial(has_started, worker), "another worker")
        books.write("DELETE FROM jobs_job WHERE status = 'SUCCESSFUL'")
        books.write("UPDATE jobs_schedule SET next_at = '2020-01-01 00:00:00'")
        for _ in range(5):
            outside.reply(outside.open_ticket())
            outside.send_mail()
        number = books.number("SELECT count(*) FROM jobs_schedule")
        wait_until(lambda: books.number("SELECT count(*) FROM jobs_schedule WHERE next_at < '2021-01-01'") == 0, "all")
        settle(books, hurry=False)
        runs: dict[str, int] = dict(
            books.rows(
                "SELECT task, count(*) FROM jobs_job WHERE task NOT IN ('supportflow.core.tasks.react',"
                " 'supportflow.mail.tasks.read_mail', 'supportflow.mail.tasks.send_mail') GROUP BY task"
            )
        )
        assert len(runs) == number
        assert set(runs.values()) == {1}, runs
        check(books, outside.ledger, away)
    finally:
        for worker in extra:
            worker.end()
