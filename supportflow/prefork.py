"""Several processes that do the same, forked from one that has loaded it all: they share its memory.

A dead one is replaced; all end when the first one is asked to, or dies.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import structlog

from supportflow import traffic

log = structlog.get_logger("supportflow.server")

LOOK_EVERY = 0.1  # seconds
GRACE = 20.0  # seconds that processes have to end
STEADY = 5.0  # seconds; one that dies earlier makes its successor wait
DEATHS_IN_A_ROW = 5  # then it is a mistake, no accident

Serve = Callable[[Callable[[], None]], int]  # is given what to call when it serves; returns the exit status


class Processes:
    def __init__(self, number: int, serve: Serve, ready: Callable[[], None]) -> None:
        self._serve, self._ready = serve, ready
        self._of: dict[int, tuple[int, float]] = {}  # process → its place and when it began
        self._free = dict.fromkeys(range(number), 0.0)  # places without a process, and when one may begin
        self._asked: list[int] = []
        self._deaths = 0
        self._is_ready = False
        self._told, self._tell = os.pipe()
        os.set_blocking(self._told, False)

    def run(self) -> int:
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_number, self._ask)
        while not self._asked:
            self._fill()
            self._listen()
            time.sleep(LOOK_EVERY)
            self._gather()
            if self._deaths >= DEATHS_IN_A_ROW:
                log.error("web.dies_at_once")
                return 1
        return self._end()

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        self._asked.append(number)

    def _fill(self) -> None:
        for place, due in list(self._free.items()):
            if time.monotonic() >= due:
                del self._free[place]
                self._fork(place)

    def _fork(self, place: int) -> None:
        parent = os.getpid()
        if process := os.fork():
            self._of[process] = place, time.monotonic()
            return
        status = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            end_with_parent(parent)
            traffic.board.take(place)
            status = self._serve(lambda: os.close(self._tell) if os.write(self._tell, b".") else None)
        except BaseException:
            log.exception("web.broke")
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _listen(self) -> None:
        with suppress(BlockingIOError):
            if os.read(self._told, 100) and not self._is_ready:
                self._is_ready = True
                self._ready()

    def _gather(self) -> None:
        for process in list(self._of):
            done, status = os.waitpid(process, os.WNOHANG)
            if not done:
                continue
            place, began = self._of.pop(process)
            steady = time.monotonic() - began >= STEADY
            self._deaths = 0 if steady else self._deaths + 1
            self._free[place] = time.monotonic() + (0.0 if steady else 1.0)
            log.error("web.process_died", process=process, status=os.waitstatus_to_exitcode(status))

    def _end(self) -> int:
        self._signal(signal.SIGTERM)
        end, passed_on = time.monotonic() + GRACE, 1
        while self._of and time.monotonic() < end:
            for process in list(self._of):
                if os.waitpid(process, os.WNOHANG)[0]:
                    del self._of[process]
            if len(self._asked) > passed_on:
                passed_on += 1
                self._signal(signal.SIGTERM)
            time.sleep(0.02)
        self._signal(signal.SIGKILL)
        return 0

    def _signal(self, number: int) -> None:
        for process in self._of:
            with suppress(ProcessLookupError):
                os.kill(process, number)


def run(number: int, serve: Serve, ready: Callable[[], None]) -> int:
    """Until SIGTERM or SIGINT; returns the exit status."""
    return Processes(number, serve, ready).run()


def end_with_parent(parent: int) -> None:
    """Also when it is killed. Elsewhere than on Linux, who supervises it sweeps its process group."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)
