"""Message-IDs of ours: unguessable, and recognised without asking the database."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable

from django.conf import settings

_OURS = re.compile(r"<sf\.([0-9a-z]{26})\.([0-9a-f]{20})@[^<>@\s]{1,255}>")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def new_message_id(domain: str) -> str:
    """130 random bits and their HMAC; it tells nothing of the ticket."""
    return message_id("".join(secrets.choice(_ALPHABET) for _ in range(26)), domain)


def message_id(token: str, domain: str) -> str:
    """`token`: 26 characters of a-z and 2-7."""
    return f"<sf.{token}.{_mac(token)}@{domain}>"


def ours_among(ids: Iterable[str | None]) -> list[str]:
    """Those that we gave, the newest reference first, without repeats."""
    mine = [one for one in ids if one and _is_ours(one)]
    return list(dict.fromkeys(reversed(mine)))


def _is_ours(message_id: str) -> bool:
    match = _OURS.fullmatch(message_id)
    return match is not None and hmac.compare_digest(match[2], _mac(match[1]))


def _mac(token: str) -> str:
    key = f"message-id:{settings.SECRET_KEY}".encode()
    return hmac.new(key, token.encode(), hashlib.sha256).hexdigest()[:20]


def fingerprint(message_id: str | None, sender: str) -> str | None:
    """One mail, however often and on whatever way it arrives.

    The sender is part of it: nobody can keep somebody else's mail out by using its Message-ID first.
    """
    if not message_id:
        return None
    return hashlib.sha256(f"{message_id}\n{sender.casefold()}".encode("utf-8", "replace")).hexdigest()
