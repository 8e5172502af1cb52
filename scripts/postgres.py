"""Throw-away PostgreSQL servers from the installed binaries: own folder, loopback, free port, gone at the end."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

USER = "supportflow"
# Nothing in it outlives the run, so nothing needs to reach the disk.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=128MB", "max_connections=200")
# For a server that is crashed in a test: what it has confirmed must be there when it comes back.
DURABLE = (*FAST, "synchronous_commit=on", "full_page_writes=on")


def binaries() -> Path | None:
    """The folder of the newest installed server, or None."""
    folders = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    if config := shutil.which("pg_config"):
        folders.append(Path(subprocess.check_output([config, "--bindir"], text=True).strip()))
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def program(name: str) -> str:
    folder = binaries()
    if folder is None:
        raise RuntimeError("PostgreSQL is not installed.")
    return str(folder / name)


def identity() -> dict[str, Any]:
    """For a process that refuses to be root's: as root it belongs to the user `postgres`."""
    if os.geteuid():
        return {}
    owner = pwd.getpwnam("postgres")
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


@contextmanager
def folder_of_its_own() -> Iterator[Path]:
    """A temporary folder that such a process may write to."""
    folder = Path(tempfile.mkdtemp(prefix="supportflow-postgres-"))
    try:
        if owner := identity():
            os.chown(folder, owner["user"], owner["group"])
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Server:
    """A server on loopback. `password` is that of its superuser, USER."""

    folder: Path
    port: int
    password: str
    process: subprocess.Popen[bytes] | None = None
    settings: Sequence[str] = FAST

    @property
    def url(self) -> str:
        return f"postgres://{USER}:{self.password}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Returns when it takes connections."""
        options = [*self.settings, "listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={self.port}"]
        run = [program("postgres"), "-D", str(self.folder / "data")]
        run += [word for option in options for word in ("-c", option)]
        with (self.folder / "log").open("a") as log:
            # A session of its own: on Ctrl-C the tests end first, then the server.
            self.process = subprocess.Popen(
                run, stderr=log, stdout=log, cwd=self.folder, start_new_session=True, **identity()
            )
        wait_for(self.url, self.process, self.folder / "log")

    def stop(self, number: int = signal.SIGINT) -> None:
        """SIGINT is "fast": it ends open connections. SIGQUIT is what a crash looks like."""
        if self.process is None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


@contextmanager
def primary(settings: Sequence[str] = FAST) -> Iterator[Server]:
    with folder_of_its_own() as folder:
        made = Server(folder, free_port(), secrets.token_hex(16), settings=settings)
        password = folder / "password"
        password.write_text(made.password)
        if owner := identity():
            os.chown(password, owner["user"], owner["group"])
        make = [program("initdb"), "--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256"]
        make += [f"--username={USER}", f"--pwfile={password}", f"--pgdata={folder / 'data'}"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, cwd=folder, **identity())
        try:
            made.start()
            yield made
        finally:
            made.stop()


@contextmanager
def standby(of: Server) -> Iterator[Server]:
    """A hot standby that streams from `of`: reads are answered, a moment late."""
    with folder_of_its_own() as folder:
        made = Server(folder, free_port(), of.password)
        copy = [program("pg_basebackup"), "--no-sync", "--checkpoint=fast", "--write-recovery-conf"]
        copy += [f"--pgdata={folder / 'data'}", f"--dbname={of.url}"]
        subprocess.run(copy, check=True, stdout=subprocess.DEVNULL, cwd=folder, **identity())
        try:
            made.start()
            yield made
        finally:
            made.stop()


@contextmanager
def server() -> Iterator[str]:
    """Runs a server; yields its DATABASE_URL."""
    with primary() as made:
        yield made.url


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start:\n{log.read_text()[-2000:]}") from None
            time.sleep(0.05)
        else:
            return
