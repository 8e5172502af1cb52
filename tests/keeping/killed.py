"""Run as a program: a command of ours that kills itself on its way.

python -m tests.keeping.killed MODULE:NAME COMMAND…    just before that function is called
"""

import os
import signal
import sys
from importlib import import_module
from typing import Any

from supportflow.cli import main
from supportflow.cli.group import set_django_up


def die(*_arguments: Any, **_options: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    set_django_up()
    module, _, path = sys.argv.pop(1).partition(":")
    place: Any = import_module(f"supportflow.keeping.{module}")
    *parents, name = path.split(".")
    for parent in parents:
        place = getattr(place, parent)
    assert callable(getattr(place, name))
    setattr(place, name, die)
    main()
