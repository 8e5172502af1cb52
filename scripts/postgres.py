"""A throw-away PostgreSQL server from the installed binaries: own folder, loopback, free port, gone at the end."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

USER = "supportflow"
# Nothing in it outlives the run, so nothing needs to reach the disk.
FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=128MB", "max_connections=200"]


def binaries() -> Path | None:
    """The folder of the newest installed server, or None."""
    folders = [Path(found).parent for found in [shutil.which("initdb")] if found]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    if config := shutil.which("pg_config"):
        folders.append(Path(subprocess.check_output([config, "--bindir"], text=True).strip()))
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextmanager
def server() -> Iterator[str]:
    """Runs a server; yields its DATABASE_URL. As root it belongs to the user `postgres`, as initdb refuses root."""
    programs = binaries()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed.")
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="supportflow-postgres-"))
    try:
        password, data = secrets.token_hex(16), folder / "data"
        (folder / "password").write_text(password)
        if owner:
            for path in (folder, folder / "password"):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        make = [str(programs / "initdb"), "--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256"]
        make += [f"--username={USER}", f"--pwfile={folder / 'password'}", f"--pgdata={data}"]
        identity = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, cwd=folder, **identity)  # type: ignore[call-overload]
        port = free_port()
        options = [*FAST, "listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={port}"]
        run = [str(programs / "postgres"), "-D", str(data), *(word for option in options for word in ("-c", option))]
        with (folder / "log").open("w") as log:
            # A session of its own: on Ctrl-C the tests end first, then the server.
            process = subprocess.Popen(run, stderr=log, stdout=log, cwd=folder, start_new_session=True, **identity)  # type: ignore[call-overload]
        try:
            url = f"postgres://{USER}:{password}@127.0.0.1:{port}/postgres"
            wait_for(url, process, folder / "log")
            yield url
        finally:
            stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)  # "fast": ends open connections
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
