"""Who uses a data folder: one supervisor, any number of servers and workers, or one command that needs it for itself.

Two files under flock(2), so that the kernel frees them however a process ends. Imports no Django.

`supervisor.lock`  exclusive: one `supportflow serve` for each folder
`in-use.lock`      shared: serve, web and worker, as long as they run; exclusive: restore, move and the like
"""

import fcntl
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from supportflow.ports import CannotStart

SUPERVISOR, IN_USE = "supervisor.lock", "in-use.lock"
_kept: list[IO[str]] = []  # open until this process ends


class FolderInUse(CannotStart):
    """Somebody else has the folder; the text is one line that names the process and says what to do."""


@contextmanager
def supervising(data: Path) -> Iterator[None]:
    """The folder, made if needed, with no other supervisor. Raises FolderInUse, or CannotStart when it is no good."""
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(data, error) from None
    refuse_root(data)
    with _open(data, SUPERVISOR) as file:
        if not _locked(file, fcntl.LOCK_EX):
            raise FolderInUse(
                f"SupportFlow already runs on the data folder {data} (process {_noted(file)}). Stop it first."
            )
        _note(file)
        with _open(data, IN_USE) as shared:
            _share(data, shared)
            yield


def refuse_root(data: Path) -> None:
    """What root leaves in the folder of another user, that user can use no more. Raises CannotStart."""
    if os.geteuid():
        return
    written = (data / name for name in (IN_USE, "secret_key", "."))
    owner = next((file.stat().st_uid for file in written if file.exists()), 0)
    if owner:
        name = name_of(owner)
        raise CannotStart(f"The data folder {data} is {name}'s. Run it as that user: sudo -u {name} supportflow …")


def name_of(user: int) -> str:
    """As sudo takes it."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"#{user}"


def keep_in_use(data: Path) -> None:
    """Called by what serves or works on the folder: in use until this process ends. Raises FolderInUse."""
    file = _open(data, IN_USE)
    try:
        _share(data, file)
    except FolderInUse:
        file.close()
        raise
    _kept.append(file)


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """The folder for this process alone. Raises FolderInUse when anything serves it, or has it for itself."""
    with _open(data, IN_USE) as file:
        if not _locked(file, fcntl.LOCK_EX):
            who = ", ".join(str(process) for process in holders(data)) or "unknown"
            raise FolderInUse(f"SupportFlow runs on the data folder {data} (process {who}). Stop it first.")
        _note(file)
        try:
            yield
        finally:
            file.truncate(0)


def is_in_use(data: Path) -> bool:
    """Whether anything serves the folder, or has it for itself, at this moment."""
    try:
        with (data / IN_USE).open(encoding="ascii") as file:
            return not _locked(file, fcntl.LOCK_EX)
    except OSError:
        return False


def holders(data: Path) -> list[int]:
    """The processes that hold it, as far as the system tells: those of other machines and containers are not known."""
    try:
        told = (data / IN_USE).stat()
        where = f"{os.major(told.st_dev):02x}:{os.minor(told.st_dev):02x}:{told.st_ino}"
        lines = [line.split() for line in Path("/proc/locks").read_text(encoding="ascii").splitlines()]
    except OSError:
        return []
    # 1: FLOCK  ADVISORY  READ 1234 08:01:5678 0 EOF; those that wait have an arrow in the second place
    return sorted({int(part[4]) for part in lines if part[1] == "FLOCK" and part[5] == where and int(part[4]) > 0})


def _share(data: Path, file: IO[str]) -> None:
    if not _locked(file, fcntl.LOCK_SH):
        problem = f"The data folder {data} is being worked on by process {_noted(file)}."
        raise FolderInUse(f"{problem} Wait until it has ended.")


def _open(data: Path, name: str) -> IO[str]:
    try:
        return (data / name).open("a+", encoding="ascii")
    except OSError as error:
        raise _unusable(data, error) from None


def _unusable(data: Path, error: OSError) -> CannotStart:
    advice = "Give this user the right to write there, or choose another with SUPPORTFLOW_DATA or --data."
    return CannotStart(f"The data folder {data} cannot be used: {error.strerror}. {advice}")


def _locked(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _note(file: IO[str]) -> None:
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()


def _noted(file: IO[str]) -> str:
    file.seek(0)
    return file.read(20).strip() or "unknown"
