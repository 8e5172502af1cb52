"""How many requests a minute: counted in the shared cache, in fixed minutes."""

import time
from dataclasses import dataclass
from threading import Lock

from django.core.cache import cache, caches
from django.core.cache.backends.db import DatabaseCache
from django.utils.translation import gettext as _

from supportflow.core.api.problems import Problem

MINUTE = 60


@dataclass(frozen=True)
class Rate:
    """What is left of this minute."""

    limit: int
    remaining: int
    resets_in: int  # seconds

    @property
    def headers(self) -> dict[str, str]:
        """The RateLimit fields as programs know them (IETF draft, up to version 06)."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.resets_in),
        }


class Counter:
    """Counts uses of a key. Raises Problem (429) over the limit.

    A count in the database costs a commit, so there a process takes a block of a hundredth of the limit at a time and
    counts that in memory: never more than the limit in all, up to one block a process less.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._blocks: dict[str, int] = {}
        self._lock = Lock()

    def forget(self) -> None:
        """What this process took and has not used yet."""
        with self._lock:
            self._blocks.clear()

    def use(self, key: str, limit: int) -> Rate:
        minute, passed = divmod(int(time.time()), MINUTE)
        resets_in = MINUTE - passed
        used = self._count(f"rate:{self.name}:{key}:{minute}", limit)
        if used > limit:
            detail = _("More than %(limit)s requests in a minute. Wait %(seconds)s seconds.")
            rate = Rate(limit, 0, resets_in)
            raise Problem(
                429,
                "too_many_requests",
                detail % {"limit": limit, "seconds": resets_in},
                headers={"Retry-After": str(resets_in), **rate.headers},
            )
        return Rate(limit, limit - used, resets_in)

    def _count(self, key: str, limit: int) -> int:
        block = max(1, limit // 100) if isinstance(caches["default"], DatabaseCache) else 1
        if block == 1:
            return _add(key, 1)
        with self._lock:
            taken = self._blocks.get(key, 0)
            if taken % block == 0:
                if len(self._blocks) > 10_000:
                    self._blocks.clear()
                taken = _add(key, block) - block
            self._blocks[key] = taken + 1
            return taken + 1


def _add(key: str, number: int) -> int:
    cache.add(key, 0, timeout=2 * MINUTE)
    try:
        return cache.incr(key, number)
    except ValueError:  # dropped by a full cache between the two lines
        return number
