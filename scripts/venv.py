"""Brings the virtual environment up to a lock file and prints its Python.

    python3 scripts/venv.py ROOT LOCK

Standard library only, as it runs before anything is installed. A current environment is known by its copy of the
lock. Starts at the same moment wait for each other; an installation that was killed leaves its
mark and is made anew.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

TOOLS = "requirements-tools.lock"  # the installers themselves: pip, and uv for speed
# Each lock holds every line of those before it, so it satisfies them too.
CONTAINS = {
    "requirements.lock": ["requirements.lock"],
    "requirements-s3.lock": ["requirements.lock", "requirements-s3.lock"],
    "requirements-dev.lock": ["requirements.lock", "requirements-s3.lock", "requirements-dev.lock"],
}
# pip's settings, and what uv calls the same. uv reads none of pip's files or variables by itself.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}


class Failed(Exception):
    """The environment cannot be made; the text is for the person at the terminal."""


class Venv:
    """Beside what venv makes: a copy of each lock that is installed, and the path of the Python it was made with."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = Path(os.environ.get("SUPPORTFLOW_VENV") or root / ".venv").absolute()
        self.python = self.path / "bin" / "python"
        self.made_with = self.path / "supportflow-python"
        self.mark = self.path / "supportflow-installing"

    def is_whole(self) -> bool:
        """False where there is no environment, where an installation was cut off, or where its Python has gone."""
        if self.mark.exists() or not self.python.exists():
            return False
        if not self.made_with.exists():
            return True  # made by hand: install into it
        return self.made_with.read_text().strip() == str(self.python.resolve())

    def is_current(self, lock: str) -> bool:
        """The same question as in setup.sh, which asks it first, without starting a Python."""
        copy = self.copy_of(lock)
        return self.is_whole() and copy.exists() and copy.read_bytes() == (self.root / lock).read_bytes()

    def copy_of(self, lock: str) -> Path:
        return self.path / f"supportflow-{lock}"

    def note(self, lock: str) -> None:
        self.made_with.write_text(f"{self.python.resolve()}\n")
        for name in CONTAINS[lock]:
            shutil.copyfile(self.root / name, self.copy_of(name))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One installation at a time; the kernel lets go of the lock even when its owner is killed."""
        import fcntl

        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "supportflow-lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another start is installing; waiting for it …")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def empty(self) -> None:
        """Removes everything but the lock that is held and the mark that says why."""
        for entry in self.path.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name not in {"supportflow-lock", self.mark.name}:
                entry.unlink()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(*command: str | Path, env: dict[str, str] | None = None) -> str:
    """The output of a command; Failed with its last lines when it fails."""
    done = subprocess.run(
        command, check=False, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )
    if done.returncode:
        raise Failed("\n".join((done.stderr + done.stdout).strip().splitlines()[-15:]))
    return done.stdout


def make(venv: Venv) -> None:
    """Makes an environment that holds the installers and nothing else."""
    try:
        run(sys.executable, "-m", "venv", venv.path)
    except Failed:
        make_without_ensurepip(venv)
    else:
        run(venv.python, "-m", "pip", "install", *exactly(venv, TOOLS))


def make_without_ensurepip(venv: Venv) -> None:
    """Debian's python3 lacks what `venv` needs to put pip into a new environment: another pip does it from outside."""
    venv.empty()
    run(sys.executable, "-m", "venv", "--without-pip", venv.path)
    with tempfile.TemporaryDirectory() as folder:
        for pip in ([sys.executable, "-m", "pip"], [sys.executable, debian_pip(Path(folder))]):
            with contextlib.suppress(Failed):
                run(*pip, "--python", venv.python, "install", *exactly(venv, TOOLS))
                return
    raise Failed("This Python cannot make a virtual environment with pip in it. On Debian: apt install python3-venv")


def debian_pip(folder: Path) -> Path:
    """pip as Debian packs it for `venv`; apt fetches it without installing it, and a wheel runs in place."""
    fetch = 'cd "$1" && apt-get download -q python3-pip-whl && dpkg-deb -x python3-pip-whl_*.deb .'
    with contextlib.suppress(Failed):
        run("sh", "-c", fetch, "sh", folder)
    return next(folder.glob("usr/share/python-wheels/pip-*.whl"), folder / "none") / "pip"


def exactly(venv: Venv, lock: str) -> list[str]:
    return ["--require-hashes", "-r", str(venv.root / lock)]


def uv_environment(venv: Venv) -> dict[str, str]:
    """The environment that makes uv see the indexes, certificates and proxies that pip is set up with."""
    found: dict[str, str] = {}
    # Lines such as: global.index-url='…', :env:.cert='…'; the environment comes last and wins.
    for line in run(venv.python, "-m", "pip", "config", "list").splitlines():
        name, _, value = line.partition("=")
        if uv_name := UV_NAMES.get(name.rpartition(".")[2]):
            values = value.strip("'\"").split()
            found[uv_name] = (",".join if uv_name == "UV_FIND_LINKS" else " ".join)(values)
    # Like pip, take a version from whichever index has it; safe for us, as every file's hash is pinned.
    return {"UV_INDEX_STRATEGY": "unsafe-best-match"} | found | dict(os.environ)


def install(venv: Venv, lock: str) -> None:
    """Installs with uv, which is several times faster, or with pip where uv fails."""
    arguments = ["pip", "install", *exactly(venv, lock)]
    try:
        run(venv.python, "-m", "uv", *arguments, "--python", venv.python, env=uv_environment(venv))
    except Failed:
        run(venv.python, "-m", *arguments)


def bring_up(venv: Venv, lock: str) -> None:
    """Installs over a whole environment, or makes a new one where there is none or an installation was cut off."""
    if not venv.is_whole():
        say("Installing the dependencies, some seconds the first time …")
        venv.mark.touch()
        venv.empty()
        make(venv)
    else:
        say("Updating the dependencies …")
        venv.mark.touch()
    install(venv, lock)
    venv.note(lock)
    venv.mark.unlink()


def main(root: Path, lock: str) -> int:
    venv = Venv(root)
    try:
        if not venv.is_current(lock):
            with venv.locked():
                if not venv.is_current(lock):
                    bring_up(venv, lock)
    except Failed as failure:
        say(f"The dependencies cannot be installed.\n{failure}")
        return 1
    except OSError as error:
        say(f"The virtual environment {venv.path} cannot be made: {error.strerror}.")
        return 1
    except KeyboardInterrupt:
        return 130
    print(venv.python)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
