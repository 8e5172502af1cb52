"""Whether the product works on the data as it now is: asked from outside, before anybody else may."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connections

from supportflow.accounts.models import User
from supportflow.children import LIFELINE, lifeline
from supportflow.desk.models import Ticket
from supportflow.keeping import CannotKeep, schema
from supportflow.keeping.state import KEEPER

PATIENCE = 60.0  # seconds until the web server must be ready
SESSION = timedelta(minutes=5)


def test() -> Iterator[str]:
    """What works, one after the other; raises CannotKeep at the first that does not."""
    yield configuration()
    yield worker()
    with web() as port:
        expect(port, "/readyz", 200)
        yield "Smoke test: the web server is ready."
        if "csrfmiddlewaretoken" not in expect(port, "/login", 200):
            raise CannotKeep("The sign-in page has no form.")
        yield "Smoke test: people can sign in."
        with signed_in() as cookie:
            yield lists(port, cookie)


def configuration() -> str:
    from supportflow import checks

    for finding in (*checks.configuration(), *checks.database(), checks.files()):
        if finding.is_wrong:
            raise CannotKeep(f"{finding.subject}: {finding.text}")
    return "Smoke test: configuration, database and storage are as they should be."


def worker() -> str:
    """Loads all that a worker runs and looks at its queue; runs no job, as that could not be taken back."""
    done = schema.run(["try-worker"], SMTP_LISTEN="")
    if done.returncode:
        raise CannotKeep(f"The worker does not start: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}")
    return "Smoke test: the worker starts."


@contextmanager
def web() -> Iterator[int]:
    """A web server of our own on a free port of this machine alone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    own = {"SUPPORTFLOW_DATA": str(settings.DATA), KEEPER: str(os.getpid()), "WEB_WORKERS": "1", "SMTP_LISTEN": ""}
    command = [sys.executable, "-m", "supportflow", "web", "--port", str(port)]
    with lifeline() as environment, tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            env=environment | own,
            pass_fds=[int(environment[LIFELINE])],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            wait_for(port, process)
            yield port
        finally:
            end(process)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if ask(port, "/readyz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise CannotKeep("The web server does not become ready.")


def end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def signed_in() -> Iterator[str]:
    """A session of an administrator for these few requests; empty where there is none."""
    user = User.objects.filter(role="ADMIN", is_active=True).order_by("pk").first()
    if user is None:
        yield ""
        return
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.set_expiry(SESSION)
    session.save()
    try:
        yield f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
    finally:
        session.delete()
        connections.close_all()


def lists(port: int, cookie: str) -> str:
    if not cookie:
        return "Smoke test: there is no administrator, so the lists were not asked for."
    page = expect(port, "/tickets", 200, cookie)
    newest = Ticket.objects.order_by("-pk").first()
    for path in ("/contacts", *([f"/tickets/{newest.number}"] if newest else [])):
        expect(port, path, 200, cookie)
    found = len(set(re.findall(r"/tickets/(T-\d+)", page)))
    return f"Smoke test: the list shows {found} tickets."


def expect(port: int, path: str, status: int, cookie: str = "") -> str:
    got, page = ask(port, path, cookie)
    if got != status:
        raise CannotKeep(f"{path} answers {got} instead of {status}.")
    return page


def ask(port: int, path: str, cookie: str = "") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"Host": f"127.0.0.1:{port}", **({"Cookie": cookie} if cookie else {})})
        answer = connection.getresponse()
        return answer.status, answer.read(4 << 20).decode("utf-8", "replace")
    finally:
        connection.close()
