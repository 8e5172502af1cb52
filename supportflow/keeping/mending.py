"""After a kill: a restore is ended or forgotten, an upgrade is taken back."""

import shutil
import sys
from pathlib import Path

from django.conf import settings

from supportflow.keeping import CannotKeep, aside, state
from supportflow.keeping.state import PREPARING, SWAPPING, Unfinished


def before(command: str) -> None:
    """What another command does when it finds something half-done. Raises CannotKeep when it must not run."""
    if state.is_under_way():
        raise CannotKeep("A restore or an upgrade is under way on this data. Wait for its end.")
    with state.sole("change"):
        left = state.unfinished()
        if left and left.task == "upgrade" and left.step != PREPARING and command != "prepare":
            raise CannotKeep(
                "An upgrade was killed while it changed the data. Run `supportflow upgrade`: it takes the old data "
                "back and begins anew."
            )
        if told := mend(left):
            sys.stderr.write(f"{told}\n")


def mend(left: Unfinished | None) -> str:
    """By whoever holds the lock; returns what was done, in one sentence."""
    if left is None:
        return ""
    beside = aside.beside()
    if left.step == PREPARING:
        beside.drop()
        forget_key()
        left.done()
        return f"A killed {left.task} had changed nothing yet; what it had prepared is removed."
    if left.task == "restore":
        finish_restore(left)
        return "A restore that was killed at its last step is finished now."
    take_back(left)
    return "An upgrade was killed before its end; the data of before is back."


def finish_restore(left: Unfinished) -> None:
    """From here on there is no way back, only to the end; every step may come twice."""
    left.write(SWAPPING)
    beside = aside.beside()
    if beside.is_filled():
        beside.swap(left.stamp)
    swap_key(left.stamp)
    (Path(settings.DATA) / "first-start").touch()
    left.done()


def take_back(left: Unfinished) -> None:
    beside = aside.beside()
    if beside.is_filled():
        beside.swap(None)
    left.done()


def staged_key() -> Path:
    return Path(settings.DATA) / "secret_key.aside"


def swap_key(stamp: str) -> None:
    key = Path(settings.DATA) / "secret_key"
    if not staged_key().exists():
        return
    kept = aside.replaced(stamp) / key.name
    if key.exists() and not kept.exists():
        shutil.copy2(key, kept)
    staged_key().replace(key)


def forget_key() -> None:
    staged_key().unlink(missing_ok=True)
