"""What stands between us and a mail server and is bad to both."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Relay:
    """Hands on to `target`; of what comes back no more than `lets` bytes for each connection: then it hangs up, or
    `drips` a byte now and then.
    """

    target: int
    lets: int
    drips: bool = False
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    held: list[socket.socket] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def run(self) -> None:
        with suppress(OSError):
            while True:
                ours, _address = self.listener.accept()
                theirs = socket.create_connection(("127.0.0.1", self.target))
                self.held += [ours, theirs]
                for ways in ((ours, theirs, 1 << 40), (theirs, ours, self.lets)):
                    self.threads.append(threading.Thread(target=self._hand_on, args=ways, daemon=True))
                    self.threads[-1].start()

    def close(self) -> None:
        for one in (self.listener, *self.held):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(10)
        for one in (self.listener, *self.held):
            one.close()

    def _hand_on(self, source: socket.socket, sink: socket.socket, left: int) -> None:
        with suppress(OSError):
            while left > 0 and (data := source.recv(min(left, 65536))):
                sink.sendall(data)
                left -= len(data)
            while self.drips and left <= 0 and (data := source.recv(1)):
                sink.sendall(data)
                time.sleep(0.1)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay(target: int, lets: int, *, drips: bool = False) -> Iterator[Relay]:
    running = Relay(target, lets, drips)
    threading.Thread(target=running.run, daemon=True).start()
    try:
        yield running
    finally:
        running.close()


@contextmanager
def silent_server(says: bytes = b"") -> Iterator[int]:
    """Takes connections, says this much, and then nothing; its port."""
    listener, held = socket.create_server(("127.0.0.1", 0)), []

    def run() -> None:
        with suppress(OSError):
            while True:
                held.append(listener.accept()[0])
                held[-1].sendall(says)

    threading.Thread(target=run, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        for one in (listener, *held):
            one.close()
