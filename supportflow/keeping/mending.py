"""After a kill: a restore is ended or forgotten, an upgrade is taken back."""

import shutil
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection

from supportflow.keeping import CannotKeep, aside, state
from supportflow.keeping.server import UNDER_WAY
from supportflow.keeping.state import PREPARING, SWAPPING, Unfinished


def before(command: str) -> None:
    """What another command does when it finds something half-done. Raises CannotKeep when it must not run."""
    if state.is_under_way():
        raise CannotKeep(UNDER_WAY)
    with state.changing():
        left = state.unfinished()
        takes_back = command == "prepare" and connection.vendor == "sqlite"
        if left and is_half_upgraded(left) and not takes_back:
            raise CannotKeep(in_words(left))
        if told := mend(left):
            sys.stderr.write(f"{told}\n")


def is_half_upgraded(left: Unfinished) -> bool:
    return left.task == "upgrade" and left.step != PREPARING


def in_words(left: Unfinished) -> str:
    if not is_half_upgraded(left):
        return f"A {left.task} was killed on {left.host} before its end. The next command, such as migrate, ends it."
    return (
        f"An upgrade was killed on {left.host} while it changed the data. Run `supportflow upgrade`: it takes the old "
        "data back and begins anew."
    )


def refuse_half_done() -> None:
    """Rows in the midst of a change are no backup."""
    left = state.unfinished()
    if left and left.step != PREPARING:
        raise CannotKeep(UNDER_WAY if state.is_under_way() else in_words(left))


def mend(left: Unfinished | None) -> str:
    """By whoever holds the lock; returns what was done, in one sentence."""
    if left is None:
        return ""
    beside = aside.beside()
    if left.step == PREPARING:
        beside.drop()
        forget_key()
        shutil.rmtree(Path(settings.DATA) / f"scratch-{left.task}", ignore_errors=True)
        left.done()
        return f"A killed {left.task} had changed nothing yet; what it had prepared is removed."
    if left.task == "restore":
        finish_restore(left)
        return "A restore that was killed at its last step is finished now."
    return f"An upgrade was killed before its end; the data of before is back.{take_back(left)}"


def finish_restore(left: Unfinished) -> None:
    """From here on there is no way back, only to the end; every step may come twice."""
    left.write(SWAPPING)
    beside = aside.beside()
    if beside.is_filled():
        beside.swap(left.kept)
    swap_key(left.kept)
    (Path(settings.DATA) / "first-start").touch()
    left.done()


def take_back(left: Unfinished) -> str:
    """What is replaced may hold what others have written meanwhile: it is kept, and the sentence says where."""
    beside, kept = aside.beside(), ""
    if beside.is_filled():
        beside.swap(left.kept)
        kept = f" What stood there instead is kept: {beside.where_kept(left.kept)}."
    left.done()
    aside.drop_old_upgrades()
    return kept


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
