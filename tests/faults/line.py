"""A line between a house and its database, which can be cut and mended."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.faults.house import steady_port


class Line:
    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self.port = steady_port()
        self._open: list[socket.socket] = []
        self._server: socket.socket | None = None
        self.mend()

    def mend(self) -> None:
        self._server = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def cut(self) -> None:
        """Every connection breaks, and no new one is made."""
        if self._server is not None:
            with suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)  # wakes whoever waits in accept
            self._server.close()
            self._server = None
        while self._open:
            with suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def _accept(self, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                here, _address = server.accept()
                try:
                    there = socket.create_connection(self._to)
                except OSError:
                    here.close()
                    continue
                self._open += [here, there]
                pair = threading.Barrier(2)
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=_pump, args=(one, other, pair), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket, pair: threading.Barrier) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
    with suppress(threading.BrokenBarrierError):
        pair.wait(30)
    source.close()


@contextmanager
def line_to(host: str, port: int) -> Iterator[Line]:
    line = Line(host, port)
    try:
        yield line
    finally:
        line.cut()
