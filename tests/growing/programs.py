"""Servers as processes of a test: on a free port, in a folder of their own, stopped and started again at will."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts import postgres
from scripts.gate import find_server
from tests.house.processes import ROOT, environment
from tests.processes import free_port
from tests.waiting import until

DEPLOY = ROOT / "deploy"


@dataclass
class Program:
    """A server that listens on `port`, or tells by `is_ready` that it runs."""

    command: list[str]
    folder: Path
    port: int = 0
    values: dict[str, str] = field(default_factory=dict)
    identity: dict[str, Any] = field(default_factory=dict)
    is_ready: Callable[["Program"], object] | None = None
    stop_by: int = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        file = self.folder / f"{self.port}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def start(self) -> None:
        with (self.folder / f"{self.port}.log").open("a") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT if not self.identity else self.folder, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=environment(**self.values), start_new_session=True, **self.identity,
            )  # fmt: skip
        process = self.process
        until(lambda: process.poll() is not None or self._answers(), f"{self.command}: {self.log[-2000:]}")
        assert process.poll() is None, f"{self.command} ended:\n{self.log[-3000:]}"

    def _answers(self) -> object:
        if self.is_ready:
            return self.is_ready(self)
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self, number: int | None = None) -> None:
        if self.process is None:
            return
        self.process.send_signal(number or self.stop_by)
        try:
            self.process.wait(30)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def kill(self) -> None:
        self.stop(signal.SIGKILL)


def supportflow(arguments: list[str], folder: Path, values: dict[str, str], port: int = 0) -> Program:
    ready = None if port else lambda program: "worker.started" in program.log
    return Program(
        [sys.executable, "-m", "supportflow", *arguments], folder, port or free_port(), values, is_ready=ready
    )


def web(folder: Path, values: dict[str, str]) -> Program:
    port = free_port()
    return supportflow(["web", "--port", str(port), "--workers", "1"], folder, values, port)


def redis_server(folder: Path) -> Program:
    port = free_port()
    command = [need("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    return Program(command, folder, port)


def pgbouncer(folder: Path, server: postgres.Server, secret: str, pool: int) -> Program:
    """Our configuration file, but for addresses and a small pool. `secret` is the line of the user's password."""
    port = free_port()
    (folder / "userlist.txt").write_text(secret + "\n")
    changed = {
        "listen_port": port,
        "auth_file": folder / "userlist.txt",
        "default_pool_size": pool,
        "reserve_pool_size": 0,
        "supportflow": f"host=127.0.0.1 port={server.port} dbname=supportflow",
    }
    text = (DEPLOY / "pgbouncer" / "pgbouncer.ini").read_text()
    for name, value in changed.items():
        text = replaced(text, rf"(?m)^{name} = .*$", f"{name} = {value}")
    (folder / "pgbouncer.ini").write_text(text)
    for path in (folder, folder / "userlist.txt", folder / "pgbouncer.ini"):
        if owner := postgres.identity():
            os.chown(path, owner["user"], owner["group"])
    # SIGINT waits for transactions, SIGTERM does not.
    return Program([need("pgbouncer"), "pgbouncer.ini"], folder, port, identity=postgres.identity())


def nginx(folder: Path, webs: list[Program]) -> Program:
    """Our two configuration files, but for addresses and folders."""
    port, plain = free_port(), free_port()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    make += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(make, check=True, capture_output=True)
    site = (DEPLOY / "nginx" / "supportflow.conf").read_text()
    for old, new in {
        "127.0.0.1:8001": f"127.0.0.1:{webs[0].port}",
        "127.0.0.1:8002": f"127.0.0.1:{webs[1].port}",
        r"(?m)^ *listen \[::\].*$": "",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443": f"listen 127.0.0.1:{port}",
        "/etc/ssl/help.example.com.pem": str(certificate),
        "/etc/ssl/help.example.com.key": str(key),
        "help.example.com": "localhost",
    }.items():
        site = replaced(site, old, new)
    (folder / "site.conf").write_text(site)
    main = (DEPLOY / "nginx" / "nginx.conf").read_text()
    temporary = "".join(f"{kind}_temp_path {folder / kind};" for kind in ("client_body", "proxy", "fastcgi"))
    for old, new in {
        "user www-data;": "user root;" if os.geteuid() == 0 else "",
        "/run/nginx.pid": str(folder / "pid"),
        "/var/log/nginx": str(folder),
        "/etc/nginx/conf.d/": f"{folder}/site",
        "http {": f"http {{ {temporary} uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;",
    }.items():
        main = replaced(main, old, new)
    (folder / "main").write_text(main)
    command = [need("nginx"), "-c", str(folder / "main"), "-g", "daemon off;", "-e", str(folder / "error.log")]
    return Program(command, folder, port)


def replaced(text: str, old: str, new: str) -> str:
    """`old` is a text, or a regular expression that begins with (?m). One that no longer fits would go unnoticed."""
    pattern = re.compile(old if old.startswith("(?m)") else re.escape(old))
    assert pattern.search(text), old
    return pattern.sub(lambda _: new, text)


def need(name: str) -> str:
    found = find_server(name) or shutil.which(name)
    assert found, f"{name} is not installed"
    return found
