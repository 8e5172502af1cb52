"""Who holds a lease. On the same machine the name tells at once whether its process is gone."""

import functools
import os
import secrets
from pathlib import Path


def my_name() -> str:
    """`place/pid/start/random`; the place is this boot of this machine and its process namespace."""
    return f"{_place()}/{os.getpid()}/{_started(os.getpid())}/{secrets.token_hex(3)}"


def is_gone(worker: str) -> bool:
    """True only when the worker's process surely ended: it ran here, and its pid is free or another's by now."""
    place, _, rest = worker.partition("/")
    pid, _, rest = rest.partition("/")
    start = rest.partition("/")[0]
    if not (place and place == _place() and pid.isdigit() and start):
        return False
    return _started(int(pid)) != start


@functools.cache
def _place() -> str:
    """Empty where the system does not tell (no Linux): then only the missing signs of life count."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}-{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """The start time of the process in clock ticks since boot, empty when there is none or it is a zombie."""
    try:
        # The name in brackets may hold blanks and brackets of its own; what follows the last one is regular.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
