"""Waiting for what another thread or process brings about, instead of sleeping."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 30.0  # seconds: only a broken test waits that long


def until(condition: Callable[[], Any], what: str = "the condition") -> Any:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE:g} s for {what}")
