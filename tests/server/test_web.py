"""Starting and stopping the server."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.processes import ROOT
from tests.server.conftest import RunningServer, read_all, start_server, stop_server
from tests.waiting import until


def test_a_stop_answers_what_runs_ends_open_streams_and_exits_0(data: Path) -> None:
    server = start_server(data)
    stream = server.raw(b"GET /forever HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b": ping" in stream.recv(1000) + stream.recv(1000)
    slow = server.raw(b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nConnection: close\r\n\r\na")
    server.request("GET", "/hello")
    server.process.send_signal(signal.SIGTERM)
    slow.sendall(b"bc")
    assert slow.recv(1000).startswith(b"HTTP/1.1 200")
    assert read_all(stream).endswith(b"0\r\n\r\n"), "an end in order: the browser connects again at once"
    assert stop_server(server) == 0


def test_a_taken_port_is_told_in_one_line(server: RunningServer, data: Path) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "supportflow", "web", "--port", str(server.port)],
        cwd=ROOT,
        env={"PATH": "", "SUPPORTFLOW_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr == (
        f"Error: Port {server.port} at 127.0.0.1 is in use. Stop what uses it, or choose another, "
        f"such as --port {server.port + 1}.\n"
    )


def test_several_workers_share_the_port_and_a_dead_one_is_replaced(data: Path) -> None:
    server = start_server(data, workers=2)

    main = server.process.pid

    def children() -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{main}/task/{main}/children").read_text().split()]

    assert len(children()) == 2
    victim = children()[0]
    os.kill(victim, signal.SIGKILL)
    until(lambda: victim not in children() and len(children()) == 2, "a new worker")
    until(server.answers, "an answer")
    assert stop_server(server) == 0
