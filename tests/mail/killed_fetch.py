"""Run as a process: one look at the mailbox, killed without a word right after a step that the command line names."""

import os
import signal
import sys
from typing import Any

import django

STEPS = ["number_anew", "claim_message", "fetch", "keep_message", "mark_read", "settle_message", "note_look"]


def kill_after(step: str) -> None:
    from supportflow.mail import fetching, imap

    owner: Any = imap.Box if step in {"fetch", "mark_read"} else fetching
    real = getattr(owner, step)

    def deadly(*args: Any, **more: Any) -> Any:
        real(*args, **more)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, step, deadly)


if __name__ == "__main__":
    django.setup()
    from supportflow.mail.fetching import fetch

    kill_after(sys.argv[1])
    fetch()
