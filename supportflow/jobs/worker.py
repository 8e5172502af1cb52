"""Runs jobs in a few threads. The calling thread hands them out, keeps the leases alive and the schedules going."""

import threading
import time
from contextlib import suppress
from queue import SimpleQueue

import structlog
from django.db import DatabaseError, close_old_connections, connections

from supportflow.jobs import queue, signs
from supportflow.jobs.backend import CHANNEL
from supportflow.jobs.declaring import PATIENT
from supportflow.jobs.identity import my_name
from supportflow.jobs.models import Job
from supportflow.jobs.recovery import LEASE, Recovery
from supportflow.jobs.running import run
from supportflow.jobs.schedules import enqueue_due
from supportflow.jobs.wakeup import CommitWatch

log = structlog.get_logger("supportflow.jobs")

LOOK_EVERY = 1.0  # seconds: deferred jobs, schedules, and commits that nobody told of
LONGEST_RUN = 3600.0  # seconds: then a run counts as hung, its lease runs out, another worker tries
GRACE = 20.0  # seconds that running jobs have to finish after `stop`


class Worker:
    def __init__(self, threads: int = 4, lease: float = LEASE) -> None:
        self.name = my_name()
        self._threads = threads
        self._beat_every = lease / 6
        self._recovery = Recovery(lease)
        self._running: dict[int, tuple[Job, float]] = {}
        self._handed: SimpleQueue[Job | None] = SimpleQueue()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._looked = self._beaten = self._signed = float("-inf")

    def stop(self) -> None:
        """Take no more jobs. Safe in a signal handler."""
        self._stopping.set()
        self._wake.set()

    def run(self, grace: float = GRACE) -> bool:
        """Work until `stop`, then let running jobs finish for up to `grace` seconds. False: some were left behind."""
        watch = CommitWatch(CHANNEL, lambda payloads: self._wake.set())
        watch.start()
        threads = [threading.Thread(target=self._work, name=f"job-{n}", daemon=True) for n in range(self._threads)]
        for thread in threads:
            thread.start()
        log.info("worker.started", worker=self.name, threads=self._threads)
        while not self._stopping.is_set():
            self._turn()
            self._wake.wait(min(LOOK_EVERY, self._beat_every))
            self._wake.clear()
        watch.stop()
        for _ in threads:
            self._handed.put(None)
        finished = self._drain(grace)
        with suppress(DatabaseError):
            signs.take_down(self.name)
        log.info("worker.stopped", worker=self.name, left_behind=len(self._running))
        connections.close_all()
        return finished

    def _turn(self) -> None:
        try:
            self._keep_house()
            self._hand_out()
        except DatabaseError as error:
            # A restart of the database, or a lock that lasted: the next turn tries again.
            log.warning("worker.database_unreachable", error=type(error).__name__)
            close_old_connections()
            self._stopping.wait(LOOK_EVERY)

    def _keep_house(self) -> None:
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            close_old_connections()
            queue.promote()
            enqueue_due()
        if now - self._beaten >= self._beat_every:
            self._beaten = now
            self._keep_leases(now)
            self._recovery.run()
        if now - self._signed >= signs.EVERY:
            self._signed = now
            signs.give(self.name, self._threads)

    def _keep_leases(self, now: float) -> None:
        alive = [job for job, since in list(self._running.values()) if now - since < LONGEST_RUN]
        queue.keep_alive(alive)
        if not alive and len(self._running) == self._threads:
            log.error("worker.hung", jobs=sorted(self._running))
            self.stop()  # a thread cannot be ended from outside; a fresh process can start

    def _hand_out(self) -> None:
        self._claim(self._threads, least=PATIENT + 1)
        waiting = sum(job.priority == PATIENT for job, _since in list(self._running.values()))
        self._claim(max(1, self._threads // 2) - waiting, least=PATIENT)

    def _claim(self, limit: int, least: int) -> None:
        # No more than there are idle threads: what waits in memory would be lost time for other workers.
        limit = min(limit, self._threads - len(self._running))
        if limit <= 0 or not queue.anything_ready(least=least):
            return
        jobs = queue.claim(limit, self.name, least=least)
        now = time.monotonic()
        self._running.update({job.pk: (job, now) for job in jobs})
        for job in jobs:
            self._handed.put(job)

    def _work(self) -> None:
        while (job := self._handed.get()) is not None:
            close_old_connections()
            try:
                run(job)
            except Exception:
                # The outcome could not be booked: without signs of life the lease runs out and the job runs again.
                log.exception("job.not_booked", job=job.pk, task=job.task)
            finally:
                close_old_connections()
                self._running.pop(job.pk, None)
                self._wake.set()
        connections.close_all()

    def _drain(self, grace: float) -> bool:
        end = time.monotonic() + grace
        while self._running and time.monotonic() < end:
            self._wake.wait(0.2)
            self._wake.clear()
        return not self._running
