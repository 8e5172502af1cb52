"""`supportflow serve`: readies the data folder, then runs web and worker in the foreground until told to stop.

Imports no Django, so that it stays small and starts at once; what needs Django happens in its children. The listening
socket is the supervisor's: while one web server takes over from another, connections wait in it and none is refused.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from supportflow import folderlock
from supportflow.children import Child, end, lifeline, read_all
from supportflow.ports import Address, CannotStart, MailAddress, listen, notify_systemd, say, url_host

STARTING = 20.0  # seconds after which a silent web server is worth a word
TAKING_OVER = 60.0  # seconds that a new web server has to get ready at a restart
MAIL_PATIENCE = 10.0  # seconds that mail may come later than the pages
TRIES_BEFORE_READY = 4  # a web server that never answered is a mistake, not an accident


def serve(host: str, port: int, data: Path, *, empty: bool) -> int:
    """Run until SIGINT or SIGTERM; SIGHUP restarts both without a lost request. Returns the exit status."""
    stop = Stop()
    try:
        with folderlock.supervising(data), lifeline() as environment, listen(host, port) as listening:
            port = listening.getsockname()[1]
            environment |= {"SUPPORTFLOW_DATA": str(data)}
            environment.setdefault("SUPPORTFLOW_BASE_URL", f"http://{url_host(host)}:{port}")
            environment.pop("NOTIFY_SOCKET", None)  # systemd listens to this process
            mail = MailAddress.from_environment()
            web_arguments = ["web", "--host", host, "--port", str(port), "--fd", str(listening.fileno())]
            web = Child("web", web_arguments, environment, (listening.fileno(),))
            worker = Child("worker", ["worker"], environment)
            house = House(web, worker, stop)
            try:
                logins = house.prepare(empty=empty)
                house.wait_until_ready(Address(host, port), mail)
                if not stop.asked:
                    greet(Address(host, port), logins)
                    notify_systemd("READY=1")
                house.keep()
            finally:
                notify_systemd("STOPPING=1")
                listening.close()
                house.end()
    except CannotStart as problem:
        if str(problem):
            say(f"Error: {problem}", to_stderr=True, level="error")
        return 0 if stop.asked else 1
    return 0


class Stop:
    """Set by Ctrl-C or SIGTERM; asking twice means at once. SIGHUP asks for a restart, unless our terminal is gone."""

    def __init__(self) -> None:
        self.times = 0
        self.restart_asked = False
        self._event = threading.Event()
        self._has_terminal = has_terminal()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
            signal.signal(signal.SIGHUP, self._hang_up)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.times += 1
        self._event.set()

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        if self._has_terminal and not has_terminal():
            self._ask(number, frame)
        else:
            self.restart_asked = True

    @property
    def asked(self) -> bool:
        return self.times > 0

    @property
    def at_once(self) -> bool:
        return self.times > 1

    def wait(self, seconds: float) -> bool:
        return self._event.wait(seconds)


def has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


class House:
    """The two children: brought up, kept up, replaced and ended."""

    def __init__(self, web: Child, worker: Child, stop: Stop) -> None:
        self.web, self.worker, self._stop = web, worker, stop

    def prepare(self, *, empty: bool) -> list[tuple[str, str]]:
        """Start both; the web server brings the data up to date before it serves, and the worker waits for that.

        A third process for it would cost a second at every start. Returns the demo logins, as (address, password).
        Raises CannotStart when the web server ended instead; it said why.
        """
        told, tell = os.pipe()
        wait, go = os.pipe()
        self.web.start(["--prepare", str(tell), *(["--empty"] if empty else [])], tell)
        self.worker.start(["--wait", str(wait)], wait)
        os.close(tell)
        os.close(wait)
        answer = read_all(told, lambda: self._stop.asked)
        if not answer or self._stop.asked:
            raise CannotStart
        os.close(go)
        return [(email, password) for email, password in json.loads(answer)["logins"]]

    def wait_until_ready(self, address: Address, mail: MailAddress | None) -> None:
        """Tend both until pages and mail are served. Raises CannotStart when the web server dies again and again."""
        started, serving, doubted = time.monotonic(), 0.0, False
        while not self._stop.wait(0.03):
            self._tend()
            now = time.monotonic()
            if not serving and self.web.process is not None and address.answers():
                serving = now
            # A mail listener that cannot start says so in the log and tries again; that keeps nobody from the pages.
            if serving and (mail is None or mail.answers() or now - serving > MAIL_PATIENCE):
                return
            if self.web.deaths >= TRIES_BEFORE_READY:
                raise CannotStart("The web server does not start; the lines above say why.")
            if not serving and not doubted and now - started > STARTING:
                doubted = True
                say(f"Still waiting for {address}/healthz to answer.", to_stderr=True)

    def keep(self) -> None:
        while not self._stop.wait(0.2):
            self._tend()
            if self._stop.restart_asked:
                self._stop.restart_asked = False
                self.restart()

    def _tend(self) -> None:
        self.web.tend()
        self.worker.tend()

    def restart(self) -> None:
        """One after the other, so that there is always a web server: the old one goes when the new one is ready."""
        notify_systemd(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
        say("Restarting the web server.", to_stderr=True, level="info")
        if self._replace_web() and not self._stop.asked:
            say("Restarting the worker.", to_stderr=True, level="info")
            self._replace_worker()
            say("Restarted.", to_stderr=True, level="info")
        notify_systemd("READY=1")

    def _replace_web(self) -> bool:
        new = self.web.successor()
        told, tell = os.pipe()
        process = new.start(["--ready", str(tell)], tell)
        os.close(tell)
        deadline = time.monotonic() + TAKING_OVER
        if not read_all(told, lambda: self._stop.asked or time.monotonic() > deadline):
            say("The new web server did not get ready; the old one stays.", to_stderr=True, level="error")
            end([process], lambda: True)
            return False
        old, self.web = self.web, new
        self._end(old, self.web.tend)
        return True

    def _replace_worker(self) -> None:
        """The new one loads all it needs meanwhile; it begins when the old one's jobs are done and its port is free."""
        old, self.worker = self.worker, self.worker.successor()
        wait, go = os.pipe()
        self.worker.start(["--wait", str(wait)], wait)
        os.close(wait)
        self._end(old, self.web.tend)
        os.close(go)

    def _end(self, child: Child, meanwhile: Callable[[], None]) -> None:
        def give_up() -> bool:
            meanwhile()
            return self._stop.asked

        if child.process is not None:
            end([child.process], give_up)

    def end(self) -> None:
        alive = [child.process for child in (self.web, self.worker) if child.process is not None]
        end(alive, lambda: self._stop.at_once)


def greet(address: Address, logins: list[tuple[str, str]]) -> None:
    say(f"Ready: {address}")
    for email, password in logins:
        say(f"Sign in: {email}  password: {password}")
