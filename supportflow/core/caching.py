"""The cache that several hosts share, and what stands in for it while its server is gone."""

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

from supportflow import valkey


class ValkeyCache(BaseCache):
    """Django's Redis cache; this process's own memory while the server does not answer.

    So a limit counts each process for itself during an outage, instead of nobody or instead of failing the request.
    What was counted before is not known then, and what is counted then is forgotten after.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._shared = RedisCache(location, {**params, "OPTIONS": valkey.options()})
        self._own = LocMemCache("valkey-is-gone", params)

    def _ask(self, method: str, *args: Any) -> Any:
        if valkey.fuse.holds():
            try:
                answer = getattr(self._shared, method)(*args)
            except valkey.gone() as error:
                valkey.fuse.blow(error)
            else:
                valkey.fuse.mend()
                return answer
        return getattr(self._own, method)(*args)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask("add", key, value, timeout, version))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._ask("get", key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._ask("set", key, value, timeout, version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask("touch", key, timeout, version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._ask("delete", key, version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Raises ValueError when there is no such key."""
        return int(self._ask("incr", key, delta, version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._ask("has_key", key, version))

    def clear(self) -> None:
        self._ask("clear")
